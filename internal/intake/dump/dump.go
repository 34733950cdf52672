// Package dump decides what a forum dump for measuring looks like: a size and a seed come in, files as Stack Exchange publishes them
// go out, the same for the same seed.
package dump

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Write writes Users.xml, Tags.xml, Posts.xml, Comments.xml and Votes.xml into dir with so many posts: questions, answers and comments
// together. Texts are of invented words, 60 to 250 a question, with paragraphs, code and lists.
func Write(dir string, posts int, seed uint64) error {
	return WriteSized(dir, posts, Size{60, 90 * time.Second}, seed)
}

// Size is how long texts are and how far apart.
type Size struct {
	Words int           // of a question or an answer, to three times as many; 25 make texts of about 400 bytes on average, comments included
	Step  time.Duration // between two posts
}

// Begin is the date of the first post of any dump.
func Begin() time.Time { return epoch }

// WriteSized is Write with texts and dates of another size.
func WriteSized(dir string, posts int, size Size, seed uint64) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	g := &generator{rand: rand.New(rand.NewPCG(seed, 1)), users: max(posts/6, 10), Size: size}
	g.lexicon()
	comments := posts * 3 / 10
	for _, f := range []struct {
		name, root string
		rows       func(*bufio.Writer)
	}{
		{"Users.xml", "users", g.writeUsers},
		{"Tags.xml", "tags", g.writeTags},
		{"Posts.xml", "posts", func(w *bufio.Writer) { g.writePosts(w, posts-comments) }},
		{"Comments.xml", "comments", func(w *bufio.Writer) { g.writeComments(w, comments, posts-comments) }},
		{"Votes.xml", "votes", g.writeVotes},
	} {
		if err := file(filepath.Join(dir, f.name), f.root, f.rows); err != nil {
			return err
		}
	}
	return nil
}

func file(name, root string, rows func(*bufio.Writer)) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<%s>\n", root)
	rows(w)
	fmt.Fprintf(w, "</%s>\n", root)
	return w.Flush()
}

type picked struct {
	answer int
	at     time.Time
}

type generator struct {
	rand  *rand.Rand
	users int
	Size
	lex    []string
	tags   []string
	picked []picked
	buf    []byte
}

var epoch = time.Date(2019, 1, 1, 8, 0, 0, 0, time.UTC)

func (g *generator) lexicon() {
	syllables := []string{"ba", "cou", "dre", "fi", "gla", "ho", "in", "ju", "ker", "la", "mon", "no", "pli", "qua", "ré", "sa", "ti", "ur", "ver", "zo", "ment", "tion", "er", "ing", "ou"}
	for range 8000 {
		w := ""
		for range 1 + g.rand.IntN(4) {
			w += syllables[g.rand.IntN(len(syllables))]
		}
		g.lex = append(g.lex, w)
	}
	for i := range 400 {
		g.tags = append(g.tags, g.lex[i*7]+"-"+strconv.Itoa(i))
	}
}

// word draws common words often, as in language.
func (g *generator) word() string {
	x := g.rand.Float64()
	return g.lex[int(x*x*x*float64(len(g.lex)))]
}

func (g *generator) sentence(b []byte, n int) []byte {
	for i := range n {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, g.word()...)
	}
	return append(b, '.')
}

func (g *generator) body(b []byte, words int) []byte {
	for words > 0 {
		n := 20 + g.rand.IntN(40)
		switch g.rand.IntN(12) {
		case 0:
			b = append(b, "&lt;pre&gt;&lt;code&gt;for i := range "...)
			b = strconv.AppendInt(b, int64(n), 10)
			b = append(b, " {&#xA;    go(i &amp;amp; 1)&#xA;}&#xA;&lt;/code&gt;&lt;/pre&gt;&#xA;"...)
		case 1:
			b = append(b, "&lt;ul&gt;&#xA;&lt;li&gt;"...)
			b = g.sentence(b, n/2)
			b = append(b, "&lt;/li&gt;&#xA;&lt;li&gt;"...)
			b = g.sentence(b, n/2)
			b = append(b, "&lt;/li&gt;&#xA;&lt;/ul&gt;&#xA;"...)
		case 2:
			b = append(b, "&lt;p&gt;&lt;a href=&quot;https://forum.example/x&quot; rel=&quot;nofollow&quot;&gt;"...)
			b = g.sentence(b, 3)
			b = append(b, "&lt;/a&gt; "...)
			b = g.sentence(b, n)
			b = append(b, "&lt;/p&gt;&#xA;"...)
		default:
			b = append(b, "&lt;p&gt;"...)
			b = g.sentence(b, n/2)
			b = append(b, ' ')
			b = g.sentence(b, n/2)
			b = append(b, "&lt;/p&gt;&#xA;"...)
		}
		words -= n
	}
	return b
}

func stamp(b []byte, t time.Time) []byte { return t.AppendFormat(b, "2006-01-02T15:04:05.000") }

func (g *generator) writeUsers(w *bufio.Writer) {
	for i := range g.users {
		fmt.Fprintf(w, "  <row Id=\"%d\" Reputation=\"%d\" CreationDate=\"2018-05-04T10:11:12.131\" DisplayName=\"%s %s\" Views=\"3\" UpVotes=\"1\" DownVotes=\"0\" AccountId=\"%d\" />\n",
			i+1, 1+g.rand.IntN(5000), g.word(), g.word(), i+9000)
	}
}

func (g *generator) writeTags(w *bufio.Writer) {
	for i, t := range g.tags {
		fmt.Fprintf(w, "  <row Id=\"%d\" TagName=\"%s\" Count=\"%d\" />\n", i+1, t, 5+i)
	}
}

// writePosts writes questions, each with its answers soon after it.
func (g *generator) writePosts(w *bufio.Writer, n int) {
	type open struct{ id, left int }
	var waiting []open
	next := false // the answer that the last question accepts comes next
	for id := 1; id <= n; id++ {
		at := epoch.Add(time.Duration(id) * g.Step).Add(time.Duration(g.rand.Int64N(int64(g.Step))))
		b := append(g.buf[:0], "  <row Id=\""...)
		b = strconv.AppendInt(b, int64(id), 10)
		parent := -1
		switch {
		case next:
			parent = len(waiting) - 1
		case len(waiting) > 0 && g.rand.IntN(10) < 5:
			parent = g.rand.IntN(len(waiting))
		}
		if parent >= 0 {
			q := &waiting[parent]
			b = append(b, "\" PostTypeId=\"2\" ParentId=\""...)
			b = strconv.AppendInt(b, int64(q.id), 10)
			if next {
				g.picked = append(g.picked, picked{id, at})
				next = false
			}
			if q.left--; q.left == 0 {
				waiting[parent] = waiting[len(waiting)-1]
				waiting = waiting[:len(waiting)-1]
			}
		} else {
			b = append(b, "\" PostTypeId=\"1"...)
			if next = id < n && len(waiting) < 200 && g.rand.IntN(10) < 4; next {
				b = append(b, "\" AcceptedAnswerId=\""...)
				b = strconv.AppendInt(b, int64(id+1), 10)
			}
		}
		b = append(b, "\" CreationDate=\""...)
		b = stamp(b, at)
		b = append(b, "\" Score=\""...)
		b = strconv.AppendInt(b, int64(g.rand.IntN(12)-2), 10)
		b = append(b, "\" ViewCount=\"120\" Body=\""...)
		b = g.body(b, g.Words+g.rand.IntN(2*g.Words))
		b = append(b, "\" OwnerUserId=\""...)
		b = strconv.AppendInt(b, int64(1+g.rand.IntN(g.users)), 10)
		if parent < 0 {
			b = append(b, "\" Title=\""...)
			b = g.sentence(b, 6+g.rand.IntN(6))
			b = append(b, "\" Tags=\"&lt;"...)
			b = append(b, g.tags[g.rand.IntN(len(g.tags))]...)
			b = append(b, "&gt;&lt;"...)
			b = append(b, g.tags[g.rand.IntN(len(g.tags))]...)
			b = append(b, "&gt;"...)
			if len(waiting) < 200 {
				waiting = append(waiting, open{id, 1 + g.rand.IntN(3)})
			}
		}
		b = append(b, "\" LastActivityDate=\""...)
		b = stamp(b, at)
		b = append(b, "\" ContentLicense=\"CC BY-SA 4.0\" />\n"...)
		w.Write(b)
		g.buf = b
	}
}

func (g *generator) writeComments(w *bufio.Writer, n, posts int) {
	for id := 1; id <= n; id++ {
		post := min(1+id*posts/n, posts)
		at := epoch.Add(time.Duration(post)*g.Step + 3*time.Hour)
		b := append(g.buf[:0], "  <row Id=\""...)
		b = strconv.AppendInt(b, int64(id), 10)
		b = append(b, "\" PostId=\""...)
		b = strconv.AppendInt(b, int64(post), 10)
		b = append(b, "\" Score=\"0\" Text=\""...)
		b = g.sentence(b, 10+g.rand.IntN(30))
		b = append(b, "\" CreationDate=\""...)
		b = stamp(b, at)
		b = append(b, "\" UserId=\""...)
		b = strconv.AppendInt(b, int64(1+g.rand.IntN(g.users)), 10)
		b = append(b, "\" ContentLicense=\"CC BY-SA 4.0\" />\n"...)
		w.Write(b)
		g.buf = b
	}
}

func (g *generator) writeVotes(w *bufio.Writer) {
	id := 0
	for _, p := range g.picked {
		id++
		fmt.Fprintf(w, "  <row Id=\"%d\" PostId=\"%d\" VoteTypeId=\"1\" CreationDate=\"%sT00:00:00.000\" />\n", id, p.answer, p.at.AddDate(0, 0, g.rand.IntN(3)).Format("2006-01-02"))
	}
}
