package export

import (
	"bufio"
	"encoding/xml"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
)

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000") }

// day is how dumps date votes: nobody shall find out by the hour who cast one.
func day(t time.Time) string { return t.UTC().Format("2006-01-02") + "T00:00:00.000" }

// table is one file of a dump.
type table struct {
	w    *bufio.Writer
	name string
	err  error
}

func begin(w io.Writer, name string) *table {
	t := &table{w: bufio.NewWriterSize(w, 64<<10), name: name}
	_, t.err = t.w.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<" + name + ">\n")
	return t
}

// row writes names and values in turn; what is empty is left out.
func (t *table) row(pairs ...string) {
	if t.err != nil {
		return
	}
	t.w.WriteString("  <row")
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		t.w.WriteString(" " + pairs[i] + "=\"")
		if err := xml.EscapeText(t.w, []byte(pairs[i+1])); err != nil {
			t.err = err
			return
		}
		t.w.WriteString("\"")
	}
	_, t.err = t.w.WriteString(" />\n")
}

func (t *table) end() error {
	if t.err == nil {
		t.w.WriteString("</" + t.name + ">\n")
		t.err = t.w.Flush()
	}
	return t.err
}

// aside is a file of the dump that is written while another one is.
type aside struct {
	*table
	file *os.File
}

func putAside(name string) (*aside, error) {
	f, err := os.CreateTemp("", "entente-export-*")
	if err != nil {
		return nil, err
	}
	return &aside{begin(f, name), f}, nil
}

func (a *aside) close() {
	a.file.Close()
	os.Remove(a.file.Name())
}

// into puts it into the archive.
func (a *aside) into(t *teller, name string) error {
	if err := a.end(); err != nil {
		return err
	}
	if _, err := a.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	out, err := t.z.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, a.file)
	return err
}

// dump writes Posts.xml, Comments.xml, Votes.xml, PostLinks.xml, Users.xml and Tags.xml as Stack Exchange publishes them. What their form has no place for stands in attributes
// of our own, which others pass over: Markdown, Kind, Lang, ReplyTo.
func (t *teller) dump() error {
	comments, err := putAside("comments")
	if err != nil {
		return err
	}
	defer comments.close()
	votes, err := putAside("votes")
	if err != nil {
		return err
	}
	defer votes.close()
	out, err := t.z.Create("Posts.xml")
	if err != nil {
		return err
	}
	d := &dumping{teller: t, posts: begin(out, "posts"), comments: comments.table, votes: votes.table, next: t.highest, tags: map[string]int{}, numbers: map[string]string{}}
	if d.originals, err = t.s.community.Originals(t.ctx, t.scope.spaces); err != nil {
		return err
	}
	if err := t.each(d.thread); err != nil {
		return err
	}
	if err := d.posts.end(); err != nil {
		return err
	}
	if err := comments.into(t, "Comments.xml"); err != nil {
		return err
	}
	if err := votes.into(t, "Votes.xml"); err != nil {
		return err
	}
	if out, err = t.z.Create("PostLinks.xml"); err != nil {
		return err
	}
	links := begin(out, "postlinks")
	for i, l := range d.same {
		if original := d.numbers[l.original]; original != "" {
			links.row("Id", itoa(i+1), "CreationDate", l.at, "PostId", l.post, "RelatedPostId", original, "LinkTypeId", "3")
		}
	}
	if err := links.end(); err != nil {
		return err
	}
	if out, err = t.z.Create("Users.xml"); err != nil {
		return err
	}
	users := begin(out, "users")
	for _, p := range t.names {
		users.row("Id", itoa(p.number), "Reputation", "1", "CreationDate", p.since, "DisplayName", p.name, "LastAccessDate", p.last, "Email", p.mail)
	}
	if err := users.end(); err != nil {
		return err
	}
	if out, err = t.z.Create("Tags.xml"); err != nil {
		return err
	}
	tags := begin(out, "tags")
	names := make([]string, 0, len(d.tags))
	for name := range d.tags {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		tags.row("Id", itoa(i+1), "TagName", name, "Count", itoa(d.tags[name]))
	}
	return tags.end()
}

type dumping struct {
	*teller
	posts, comments, votes *table
	next                   int64 // the number given last
	comment, vote          int
	tags                   map[string]int

	originals map[string]bool   // threads that others were closed for
	numbers   map[string]string // of those
	same      []copied
}

// copied is a question that was closed because another says the same.
type copied struct{ post, original, at string }

// number is that of a post: the one it had where it came from, else a new one.
func (d *dumping) number(p *community.Post) string {
	if n, ok := community.Numbered(p.ExternalID); ok {
		return i64(n)
	}
	d.next++
	return i64(d.next)
}

func i64(n int64) string { return itoa(int(n)) }

func (d *dumping) thread(_ *community.Space, told *community.Told) error {
	if !told.DeletedAt.IsZero() || len(told.Posts) == 0 {
		return nil // a dump has no questions without words
	}
	numbers := map[string]string{}
	for i := range told.Posts {
		if p := &told.Posts[i]; p.Kind != "comment" && p.DeletedAt.IsZero() {
			numbers[p.ID] = d.number(p)
		}
	}
	first, shut := numbers[told.ID], ""
	if d.originals[told.ID] {
		d.numbers[told.ID] = first
	}
	same := told.DuplicateOf != "" && told.Kind != community.Ideas
	if told.Locked || same {
		shut = stamp(told.LastAt) // when it was closed is not kept with the thread
	}
	if same {
		d.same = append(d.same, copied{first, told.DuplicateOf, shut})
	}
	answers := max(len(numbers)-1, 0)
	counted := map[string]int{}
	for i := range told.Posts {
		if p := &told.Posts[i]; p.Kind == "comment" && p.DeletedAt.IsZero() {
			counted[p.Parent]++
		}
	}
	for i := range told.Posts {
		p := &told.Posts[i]
		if !p.DeletedAt.IsZero() {
			continue
		}
		owner, name := itoa(d.author(p)), ""
		if owner == "0" {
			owner, name = "", p.AuthorName
		}
		if p.Kind == "comment" {
			d.comment++
			on := numbers[p.Parent]
			if on == "" {
				on = first
			}
			d.comments.row("Id", itoa(d.comment), "PostId", on, "Score", itoa(p.Score), "Text", d.located(p.Markup), "CreationDate", stamp(p.At), "UserId", owner, "UserDisplayName", name)
			continue
		}
		edited := ""
		if !p.EditedAt.IsZero() {
			edited = stamp(p.EditedAt)
		}
		common := []string{"CreationDate", stamp(p.At), "Score", itoa(p.Score), "Body", d.located(p.HTML), "OwnerUserId", owner, "OwnerDisplayName", name, "LastEditDate", edited,
			"CommentCount", itoa(counted[p.ID]), "Markdown", d.located(p.Markup)}
		if p.ID == told.ID {
			kind := ""
			if told.Kind != community.Questions {
				kind = told.Kind
			}
			tags := ""
			for _, tag := range told.Tags {
				if tag = strings.NewReplacer("<", "-", ">", "-", "|", "-").Replace(tag); tag != "" {
					tags += "<" + tag + ">"
					d.tags[tag]++
				}
			}
			d.posts.row(append([]string{"Id", first, "PostTypeId", "1", "AcceptedAnswerId", numbers[told.Accepted], "Title", told.Title, "Tags", tags, "AnswerCount", itoa(answers),
				"LastActivityDate", stamp(told.LastAt), "ClosedDate", shut, "Kind", kind, "Lang", told.Lang}, common...)...)
			continue
		}
		reply := numbers[p.Parent]
		if reply == first {
			reply = ""
		}
		d.posts.row(append([]string{"Id", numbers[p.ID], "PostTypeId", "2", "ParentId", first, "ReplyTo", reply}, common...)...)
	}
	for _, b := range told.Votes {
		if n := numbers[b.Post]; n != "" {
			kind := "2"
			if b.Value < 0 {
				kind = "3"
			}
			d.vote++
			d.votes.row("Id", itoa(d.vote), "PostId", n, "VoteTypeId", kind, "CreationDate", day(b.At))
		}
	}
	if n := numbers[told.Accepted]; n != "" {
		d.vote++
		d.votes.row("Id", itoa(d.vote), "PostId", n, "VoteTypeId", "1", "CreationDate", day(told.LastAt))
	}
	return d.posts.err
}
