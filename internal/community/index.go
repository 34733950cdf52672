package community

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

// indexTables are what a search looks at; see index.
func indexTables() []string {
	return []string{"community_text", "community_doc", "community_hit", "community_find", "community_word", "community_name"}
}

// touched is what a batch of facts changed of what a search looks at. Once the batch is derived, the index is made to say of it what the other
// tables say then: so it does not matter how the ledger is cut.
type touched struct {
	posts    map[string]bool // posts whose words may be others
	threads  map[string]bool // what is told of them: title, space, whether they are answered
	whole    map[string]bool // threads all of whose posts are looked at anew
	articles map[string]bool
	spoken   spoken
}

func newTouched() *touched {
	return &touched{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, spoken{}}
}

// note takes down what an activity may have changed.
func (t *touched) note(a *ledger.Activity) {
	switch a.Kind {
	case ledger.PostSaid, ledger.GroupSaid:
		t.posts[a.ID] = true
	case ledger.PostEdited, ledger.GroupEdited:
		t.posts[a.Object] = true
	case ledger.PostDeleted, ledger.GroupDeleted, ledger.PostHidden, ledger.PostShown:
		t.posts[a.Object], t.whole[a.Object] = true, true
	case ledger.AnswerPicked:
		t.threads[a.Object] = true
	case ledger.ThreadTurned:
		t.threads[a.Object] = true
		var what ledger.Turned
		if a.Decode(&what) == nil && (what.State == split || what.State == merged) {
			t.whole[a.Object], t.whole[what.To], t.threads[what.To] = true, true, true
		}
	case ledger.ArticleWritten, ledger.ArticleTurned:
		t.articles[a.Object] = true
	}
}

// doc is something that is found by its words.
type doc struct {
	n, top      int64
	id, thread  string
	title, text string
	lang        string
	tags        []string
	at          time.Time
	gone        bool
}

// find is what is shown of what was found: a thread or an article.
type find struct {
	n                     int64
	id, kind, space, lang string
	at                    time.Time
	state, title, tags    string
	replies               int
	accepted              string
	gone                  bool
}

// States of questions in a search.
const (
	QuestionSolved   = "solved"     // an answer was accepted
	QuestionAnswered = "answered"   // there are answers, none of them accepted
	QuestionOpen     = "unanswered" // there is none
)

// index makes the index say what the other tables say of what was touched.
func (t *touched) index(ctx context.Context, q db.Q) error {
	if len(t.posts)+len(t.threads)+len(t.whole)+len(t.articles) == 0 {
		return nil
	}
	docs, err := t.docs(ctx, q)
	if err != nil {
		return err
	}
	langs := map[string]string{} // of the threads and articles whose first words were read
	threads := t.threads
	for i := range docs {
		d := &docs[i]
		d.lang = langOf(d.title+"\n"+d.text, d.lang)
		threads[d.thread] = true
		if d.n == d.top {
			langs[d.id] = d.lang
		}
	}
	for id := range t.whole {
		threads[id] = true
	}
	told, err := t.writeFinds(ctx, q, sorted(threads), langs)
	if err != nil {
		return err
	}
	return writeDocs(ctx, q, docs, told)
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// langOf is the language a text is in, else that of who wrote it.
func langOf(text, hint string) string {
	if len(text) > 2000 {
		text = strings.ToValidUTF8(text[:2000], "")
	}
	if code, _ := lang.DetectWith(text, hint); code != "" {
		return code
	}
	return hint
}

func docFields(d *doc) []any {
	return []any{&d.n, &d.top, &d.id, &d.thread, &d.title, &d.text, &d.lang, db.JSON(&d.tags), db.At(&d.at), db.Bool(&d.gone)}
}

// docs reads the posts and articles that are looked at anew.
func (t *touched) docs(ctx context.Context, q db.Q) ([]doc, error) {
	const posts = `SELECT a.seq, b.seq, p.id, p.thread, CASE WHEN p.id = p.thread THEN t.title ELSE '' END, p.markup, t.lang, CASE WHEN p.id = p.thread THEN t.tags ELSE '[]' END, p.at,
		CASE WHEN p.deleted_at IS NULL AND t.deleted_at IS NULL THEN 0 ELSE 1 END
		FROM community_post p JOIN community_thread t ON t.id = p.thread JOIN activity a ON a.id = p.id JOIN activity b ON b.id = p.thread WHERE p.`
	var out []doc
	for _, part := range []struct {
		text string
		ids  map[string]bool
	}{{posts + "id IN ", t.posts}, {posts + "thread IN ", t.whole},
		{`SELECT a.seq, a.seq, r.id, r.id, r.title, COALESCE((SELECT v.markup FROM community_revision v WHERE v.article = r.id AND v.version = r.approved), ''), r.lang, '[]', COALESCE(r.approved_at, r.at),
			CASE WHEN r.approved > 0 THEN 0 ELSE 1 END FROM community_article r JOIN activity a ON a.id = r.id WHERE r.id IN `, t.articles}} {
		if len(part.ids) == 0 {
			continue
		}
		list, err := db.All(ctx, q, docFields, part.text+db.Among(q, "$1"), db.Texts(sorted(part.ids)))
		if err != nil {
			return nil, fmt.Errorf("read what is to be found: %w", err)
		}
		out = append(out, list...)
	}
	sorting.Func(out, func(a, b doc) int { return cmp.Compare(a.n, b.n) })
	return slices.CompactFunc(out, func(a, b doc) bool { return a.n == b.n }), nil
}

// maxIndexed is how many bytes of a post are looked at.
const maxIndexed = 100_000

// words is what the full-text index holds of d.
func (d *doc) words(stemmer *lang.Stemmer) string {
	text := d.text
	if len(text) > maxIndexed {
		text = strings.ToValidUTF8(text[:maxIndexed], "")
	}
	all := query.NewDoc(query.Doc{Lang: d.lang, Title: d.title, Text: text, Tags: d.tags}, stemmer).IndexText(stemmer)
	if d.title == "" {
		return all
	}
	var b strings.Builder
	b.WriteString(all)
	for _, w := range strings.Fields(query.NewDoc(query.Doc{Lang: d.lang, Title: d.title}, stemmer).IndexText(stemmer)) {
		b.WriteString(" " + query.TitleMark + w)
	}
	return b.String()
}

// writeDocs writes docs in the order of their numbers: the full-text index of SQLite takes them so in one piece. told is what is told of their threads.
func writeDocs(ctx context.Context, q db.Q, docs []doc, told map[string]*find) error {
	if len(docs) == 0 {
		return nil
	}
	ids := make([]string, len(docs))
	for i := range docs {
		ids[i] = docs[i].id
	}
	had, err := db.All(ctx, q, db.Self[int64], "SELECT n FROM community_doc WHERE id IN "+db.Among(q, "$1")+" ORDER BY n", db.Texts(ids))
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	for _, n := range had {
		if _, err := db.Exec(ctx, q, "DELETE FROM community_text WHERE "+textRow(q)+" = $1", n); err != nil {
			return fmt.Errorf("take a post out of the index: %w", err)
		}
		for _, table := range []string{"community_doc", "community_hit"} {
			if _, err := db.Exec(ctx, q, "DELETE FROM "+table+" WHERE n = $1", n); err != nil {
				return fmt.Errorf("take a post out of the index: %w", err)
			}
		}
	}
	stemmer := lang.NewStemmer()
	var rows, hits, texts [][]any
	for i := range docs {
		if d := &docs[i]; !d.gone {
			f := told[d.thread]
			if f == nil {
				return fmt.Errorf("post %s is to be found without its thread %s", d.id, d.thread)
			}
			rows = append(rows, []any{d.n, d.id, d.top, db.T(d.at)})
			hits = append(hits, []any{d.n, d.top, db.T(f.at), f.space, f.lang, f.facet()})
			texts = append(texts, []any{d.n, d.words(stemmer)})
		}
	}
	if err := db.Insert(ctx, q, "community_doc (n, id, top, at)", rows, ""); err != nil {
		return err
	}
	if err := db.Insert(ctx, q, "community_hit (n, top, at, space, lang, facet)", hits, ""); err != nil {
		return err
	}
	if q.Engine() == db.Postgres {
		return db.InsertExpr(ctx, q, "community_text (n, stems)", []string{"", "array_to_tsvector(array_remove(string_to_array(%s, ' '), ''))"}, texts, "")
	}
	return db.Insert(ctx, q, "community_text (rowid, stems)", texts, "")
}

// textRow is what rows of the full-text index are numbered by.
func textRow(q db.Q) string {
	if q.Engine() == db.Postgres {
		return "n"
	}
	return "rowid"
}

func findFields(f *find) []any {
	return []any{&f.n, &f.id, &f.kind, &f.space, &f.lang, db.At(&f.at), &f.title, &f.tags, &f.replies, &f.accepted, db.Bool(&f.gone)}
}

// facet is what of it is counted beside space, language and age; see read.
func (f *find) facet() string {
	if f.state != "" {
		return f.state + f.tags
	}
	return f.kind + f.tags
}

// read takes a facet apart: of what has a state it is that, and what has one is a question; tags are a JSON array.
func (h *hit) read(facet string) error {
	i := strings.IndexByte(facet, '[')
	if i < 0 {
		return fmt.Errorf("%q says nothing of what was found", facet)
	}
	switch word := facet[:i]; word {
	case QuestionSolved, QuestionAnswered, QuestionOpen:
		h.kind, h.state = Questions, word
	default:
		h.kind, h.state = word, ""
	}
	if err := json.Unmarshal([]byte(facet[i:]), &h.tagged); err != nil {
		return fmt.Errorf("read the tags of what was found: %w", err)
	}
	return nil
}

// writeFinds writes what is shown of threads and articles, counts the words of their titles, and gives by id what is told of each.
func (t *touched) writeFinds(ctx context.Context, q db.Q, ids []string, langs map[string]string) (map[string]*find, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in := db.Texts(ids)
	had, err := db.All(ctx, q, func(f *find) []any {
		return []any{&f.n, &f.id, &f.kind, &f.space, &f.lang, db.At(&f.at), &f.state, &f.title, &f.tags}
	},
		"SELECT n, id, kind, space, lang, at, state, title, tags FROM community_find WHERE id IN "+db.Among(q, "$1")+" ORDER BY n", in)
	if err != nil {
		return nil, fmt.Errorf("read the index: %w", err)
	}
	now, err := db.All(ctx, q, findFields, `SELECT a.seq, t.id, t.kind, t.space, t.lang, t.at, t.title, t.tags, t.replies, t.accepted, CASE WHEN t.deleted_at IS NULL THEN 0 ELSE 1 END
		FROM community_thread t JOIN activity a ON a.id = t.id WHERE t.id IN `+db.Among(q, "$1")+`
		UNION ALL SELECT a.seq, r.id, 'article', r.space, r.lang, COALESCE(r.approved_at, r.at), r.title, '[]', 0, '', CASE WHEN r.approved > 0 THEN 0 ELSE 1 END
		FROM community_article r JOIN activity a ON a.id = r.id WHERE r.id IN `+db.Among(q, "$1")+" ORDER BY 1", in)
	if err != nil {
		return nil, fmt.Errorf("read what is to be found: %w", err)
	}
	counts := vocabulary{}
	before, told := map[string]*find{}, map[string]*find{}
	for i := range had {
		counts.add(&had[i], -1)
		before[had[i].id] = &had[i]
	}
	var rows [][]any
	var gone []string
	for i := range now {
		f := &now[i]
		if f.gone {
			gone = append(gone, f.id)
			continue
		}
		if l, read := langs[f.id]; read {
			f.lang = l
		} else if b := before[f.id]; b != nil {
			f.lang = b.lang
		}
		if f.kind == Questions {
			switch f.state = QuestionOpen; {
			case f.accepted != "":
				f.state = QuestionSolved
			case f.replies > 0:
				f.state = QuestionAnswered
			}
		}
		counts.add(f, 1)
		told[f.id] = f
		rows = append(rows, []any{f.n, f.id, f.kind, f.space, f.lang, db.T(f.at), f.state, f.title, f.tags})
	}
	if err := db.Insert(ctx, q, "community_find (n, id, kind, space, lang, at, state, title, tags)", rows, `ON CONFLICT (n) DO UPDATE SET kind = excluded.kind, space = excluded.space,
		lang = excluded.lang, at = excluded.at, state = excluded.state, title = excluded.title, tags = excluded.tags`); err != nil {
		return nil, err
	}
	for i := range now { // what else was said in what is told otherwise now
		f := &now[i]
		if b := before[f.id]; b == nil || f.gone || b.at.Equal(f.at) && b.space == f.space && b.lang == f.lang && b.facet() == f.facet() {
			continue
		}
		if _, err := db.Exec(ctx, q, `UPDATE community_hit SET at = $1, space = $2, lang = $3, facet = $4
			WHERE n IN (SELECT d.n FROM community_post p JOIN community_doc d ON d.id = p.id WHERE p.thread = $5)`, db.T(f.at), f.space, f.lang, f.facet(), f.id); err != nil {
			return nil, fmt.Errorf("say anew what a thread is found by: %w", err)
		}
	}
	if len(gone) > 0 {
		if _, err := db.Exec(ctx, q, "DELETE FROM community_find WHERE id IN "+db.Among(q, "$1"), db.Texts(gone)); err != nil {
			return nil, fmt.Errorf("take a thread out of the index: %w", err)
		}
	}
	return told, counts.write(ctx, q)
}
