package export

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/community"
)

// write writes what is in scope as a zip archive.
func (s *Service) write(ctx context.Context, w io.Writer, form string, what scope, progress func(done, total int) error) error {
	z := zip.NewWriter(w)
	t := &teller{s: s, ctx: ctx, z: z, scope: what, progress: progress, people: map[string]int{}, files: map[string]community.File{}}
	var err error
	if t.total, t.highest, err = s.community.CountPosts(ctx, what.community.Channel, what.spaces); err != nil {
		return err
	}
	if form == Dump {
		err = t.dump()
	} else {
		err = t.lines()
	}
	if err != nil {
		return err
	}
	for _, f := range t.order {
		out, err := z.Create("media/" + shownAs(f))
		if err != nil {
			return err
		}
		if err := s.community.WriteFile(ctx, &f, out); err != nil {
			return err
		}
	}
	return z.Close()
}

// teller writes one export.
type teller struct {
	s     *Service
	ctx   context.Context
	z     *zip.Writer
	scope scope

	progress    func(done, total int) error
	done, total int
	highest     int64

	people map[string]int // author to number
	names  []person
	files  map[string]community.File
	order  []community.File
}

type person struct {
	number              int
	name, mail          string
	since, last         string
	asked, said, solved int
}

// told counts posts.
func (t *teller) told(n int) error {
	t.done += n
	if t.progress == nil {
		return nil
	}
	return t.progress(t.done, max(t.total, t.done))
}

// author is the number of whoever said something, from 1; 0 for nobody.
func (t *teller) author(p *community.Post) int {
	if p.Author == "" || p.AuthorName == "" {
		return 0
	}
	at := stamp(p.At)
	n, known := t.people[p.Author]
	if !known {
		n = len(t.names) + 1
		t.people[p.Author] = n
		one := person{number: n, since: at}
		if mail, ok := strings.CutPrefix(p.Author, "mailto:"); ok && t.scope.people {
			one.mail = mail
		}
		t.names = append(t.names, one)
	}
	one := &t.names[n-1]
	one.name, one.since, one.last = p.AuthorName, min(one.since, at), max(one.last, at)
	return n
}

// attach notes the files of a thread.
func (t *teller) attach(list []community.File) {
	for _, f := range list {
		if _, known := t.files[f.ID]; !known {
			t.files[f.ID] = f
			t.order = append(t.order, f)
		}
	}
}

// shownAs is what a file is called in an export: its id, with an extension that says what it is.
func shownAs(f community.File) string { return f.ID + path.Ext(f.Filename()) }

var media = regexp.MustCompile(`/media/([0-9a-z]{20})\b(\.[a-z]{3,4})?`)

// located lets what shows files name them as the export does.
func (t *teller) located(text string) string {
	if !strings.Contains(text, "/media/") {
		return text
	}
	return media.ReplaceAllStringFunc(text, func(s string) string {
		if f, known := t.files[media.FindStringSubmatch(s)[1]]; known {
			return "/media/" + shownAs(f)
		}
		return s
	})
}

// each goes through the threads of all spaces.
func (t *teller) each(do func(sp *community.Space, told *community.Told) error) error {
	for i := range t.scope.spaces {
		sp := &t.scope.spaces[i]
		if err := t.s.community.EachThread(t.ctx, sp.ID, func(told *community.Told) error {
			t.attach(told.Files)
			if err := do(sp, told); err != nil {
				return err
			}
			return t.told(len(told.Posts))
		}); err != nil {
			return fmt.Errorf("export the space %s: %w", sp.Slug, err)
		}
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }
