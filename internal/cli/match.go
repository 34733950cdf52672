package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

type matchCommand struct {
	Topics   string
	NoDetect bool
	jsonLines
}

func (r *run) match() *cobra.Command {
	c := &matchCommand{}
	cmd := r.does("match", "Say which topics the posts on standard input belong to: a JSON object a line, given back with its topics.", c.Run)
	cmd.Flags().StringVar(&c.Topics, "topics", "", "File of topics: an id, a tab and a query a line.")
	cmd.Flags().BoolVar(&c.NoDetect, "no-detect", false, "Do not identify the language of posts that do not say it.")
	c.flags(cmd.Flags())
	if err := cmd.MarkFlagRequired("topics"); err != nil {
		panic(err) // there is no such flag
	}
	return cmd
}

// Run gives each object its topics.
func (c *matchCommand) Run(r *run) error {
	ids, set, err := readTopics(r, c.Topics)
	if err != nil {
		return err
	}
	return c.run(r, func() liner {
		w := matching{m: set.NewMatcher(), ids: ids, detect: !c.NoDetect}
		return w.line
	})
}

// readTopics compiles a file of topics; everything wrong in it is said before anything runs.
func readTopics(r *run, file string) (ids [][]byte, set *query.Set, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, fmt.Errorf("open the topics: %w", err)
	}
	defer f.Close()
	b, wrong, odd, first := query.NewBuilder(), 0, 0, map[string]int{}
	say := func(line int, text string) {
		if wrong++; wrong <= 50 {
			fmt.Fprintf(r.err, "%s:%d: %s\n", file, line, text)
		}
	}
	in := bufio.NewReaderSize(f, 64<<10)
	for line := 1; ; line++ {
		text, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, fmt.Errorf("read the topics: %w", err)
		}
		text = strings.TrimRight(text, "\r\n")
		if line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if strings.TrimSpace(text) != "" {
			id, source, found := strings.Cut(text, "\t")
			if id = strings.TrimSpace(id); !found || id == "" {
				say(line, i18n.T(r.ctx, "listening.cli.no_tab"))
			} else if at, twice := first[id]; twice {
				say(line, i18n.T(r.ctx, "listening.cli.twice", "ID", id, "Line", at))
			} else {
				first[id] = line
				q, problems := query.Parse(source)
				for _, p := range problems {
					if p.Severity == query.Error {
						say(line, problemAt(r, source, p))
					} else if odd++; odd <= 50 { // as "ou" for OR: it runs, but hardly as it was meant
						fmt.Fprintf(r.err, "%s:%d: %s\n", file, line, problemAt(r, source, p))
					}
				}
				b.Add(q)
				ids = append(ids, appendQuoted(nil, id))
			}
		}
		if err != nil {
			break
		}
	}
	if wrong > 50 {
		fmt.Fprintln(r.err, i18n.N(r.ctx, "listening.cli.more", wrong-50))
	}
	if wrong > 0 {
		return nil, nil, status(refused)
	}
	return ids, b.Set(), nil
}

// problemAt says what is wrong with a query and where: positions count characters, from 1.
func problemAt(r *run, source string, p query.Problem) string {
	var args []any
	for k, v := range p.Args {
		args = append(args, k, v)
	}
	text := i18n.T(r.ctx, "listening.cli.bad_query", "Position", utf8.RuneCountInString(source[:p.Start])+1, "Problem", i18n.T(r.ctx, p.Key, args...))
	if p.Suggestion != "" {
		text += " " + i18n.T(r.ctx, "listening.cli.perhaps", "Query", source[:p.Start]+p.Suggestion+source[p.End:])
	}
	return text
}

// matching is what one goroutine needs.
type matching struct {
	m      *query.Matcher
	ids    [][]byte // as JSON
	detect bool
	o      object
	doc    query.Doc
}

func (w *matching) line(dst, line []byte) ([]byte, error) {
	if err := w.o.read(line); err != nil {
		return dst, err
	}
	if err := w.read(); err != nil {
		return dst, err
	}
	dst = append(w.o.reopen(dst, "topics"), `"topics":[`...)
	for i, n := range w.m.Match(&w.doc) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, w.ids[n]...)
	}
	return append(dst, "]}"...), nil
}

var errText = errors.New("text is not a string")

// read makes a post of the object. Members that have another type than expected are not read, but text must be one.
func (w *matching) read() error {
	d := query.Doc{Kinds: w.doc.Kinds[:0], Tags: w.doc.Tags[:0]}
	said := false
	for i := range w.o.members {
		m := &w.o.members[i]
		switch m.key {
		case "text":
			text, ok := m.text()
			if !ok && !m.null() {
				return errText
			}
			d.Text = text
		case "title":
			d.Title, _ = m.text()
		case "url":
			d.URL, _ = m.text()
		case "author":
			d.Author, _ = m.text()
		case "author_name":
			d.AuthorName, _ = m.text()
		case "lang":
			if s, ok := m.text(); ok {
				d.Lang, said = s, true
			}
		case "language": // as written by entente classify
			if s := m.inner("code"); s == unknownLanguage && !said {
				said = true
			} else if s != "" && !said {
				d.Lang, said = s, true
			}
		case "channel":
			d.Channel, _ = m.text()
		case "kind":
			d.Kind, _ = m.text()
		case "kinds":
			d.Kinds = m.texts(d.Kinds[:0])
		case "sentiment":
			d.Sentiment = m.label()
		case "emotion":
			d.Emotion = m.label()
		case "tags":
			d.Tags = m.texts(d.Tags[:0])
		case "followers":
			n, _ := m.number()
			d.Followers = int(min(max(n, 0), 1e15))
		case "at":
			d.At = m.moment()
		case "in":
			d.In, _ = m.text()
		}
	}
	if !said && w.detect {
		text := d.Text
		if d.Title != "" {
			text = d.Title + "\n" + text
		}
		d.Lang, _ = lang.Detect(text[:min(len(text), 2000)])
	}
	w.doc = d
	return nil
}

// label is a string, or the label of what `entente classify` writes: {"label":"negative", …}.
func (m *member) label() string {
	if s, ok := m.text(); ok {
		return s
	}
	return m.inner("label")
}

// inner is a string inside a member that is an object.
func (m *member) inner(key string) string {
	var o object
	if o.read(m.value) != nil {
		return ""
	}
	for i := range o.members {
		if o.members[i].key == key {
			s, _ := o.members[i].text()
			return s
		}
	}
	return ""
}

// moment is a time by RFC 3339, a day, or seconds since 1970.
func (m *member) moment() time.Time {
	if s, ok := m.text(); ok {
		for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
			if t, err := time.Parse(form, s); err == nil {
				return t
			}
		}
		return time.Time{}
	}
	if n, ok := m.number(); ok && n > 0 && n < 4e9 {
		return time.Unix(int64(n), 0)
	}
	return time.Time{}
}
