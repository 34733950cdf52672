package community

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

// find looks everywhere. least says that there are more, which were not looked at.
func (s *Service) find(ctx context.Context, o Sight, community string, want wanted) (all []hit, least bool, err error) {
	var w db.Where
	q := s.db.Read()
	from, err := s.candidates(ctx, q, o, community, want, &w)
	if err != nil || from == "" {
		return nil, false, err
	}
	if want.Indexed() {
		all, least, err = s.counted(ctx, q, from, &w, want.most)
	} else {
		all, least, err = s.matched(ctx, q, o, community, from, &w, want)
	}
	if err != nil || !want.plain {
		return all, least, err
	}
	if err := s.titled(ctx, q, all, want.words); err != nil {
		return nil, false, err
	}
	people, err := s.findPeople(ctx, o, community, want.words)
	return append(all, people...), least, err
}

// candidates says where rows are that may match, the newest first: FROM, WHERE and ORDER BY. "" is nowhere.
func (s *Service) candidates(ctx context.Context, q db.Q, o Sight, community string, want wanted, w *db.Where) (string, error) {
	spaces := o.Readable(community)
	c, _ := o.ByID(community)
	from, order := "community_hit h", "h.n"
	if expr := want.Narrow(grammarOf(q).engine); expr != "" {
		from = "community_text x CROSS JOIN " + from
		if q.Engine() == db.Postgres {
			w.And("x.stems @@ CAST(? AS tsquery)", expr).And("h.n = x.n")
		} else {
			order = "x.rowid"
			w.And("x.community_text MATCH ?", expr).And("h.n = x.rowid")
		}
	}
	const said = "(SELECT d.at FROM community_doc d WHERE d.n = h.n)" // few ask for it
	for _, r := range want.Required() {
		switch r.Field {
		case "in":
			spaces = slices.DeleteFunc(slices.Clone(spaces), func(id string) bool {
				sp, _ := o.SpaceByID(id)
				return !r.Called(placed(&sp, &c))
			})
		case "lang":
			if r.Value != "unknown" {
				w.And("(h.lang = ? OR h.lang LIKE ?)", r.Value, r.Value+"-%")
			}
		case "since":
			if r.From.IsZero() {
				r.From = s.Now().Add(-r.Ago)
			}
			w.And(said+" >= ?", db.T(r.From))
		case "until":
			if r.Before.IsZero() {
				r.Before = s.Now().Add(-r.Ago)
			}
			w.And(said+" < ?", db.T(r.Before))
		case "author":
			voices, err := s.called(ctx, q, c.Channel, r)
			if err != nil {
				return "", err
			}
			among := db.Among(q, w.Arg(db.Texts(voices)))
			w.And("h.n IN (SELECT d.n FROM community_doc d WHERE d.id IN (SELECT p.id FROM community_post p WHERE p.author IN " + among + " UNION ALL SELECT a.id FROM community_article a WHERE a.author IN " + among + "))")
		}
	}
	if len(spaces) == 0 {
		return "", nil
	}
	w.And("h.space IN " + db.Among(q, w.Arg(db.Texts(spaces))))
	return from + " " + w.String() + " ORDER BY " + order + " DESC", nil
}

// placed is where something was said, as in: of a query finds it.
func placed(sp *Space, c *Community) string {
	words := []string{sp.Slug, c.Slug}
	for _, t := range sp.Name {
		words = append(words, t)
	}
	slices.Sort(words[2:])
	return strings.Join(words, " ")
}

// called are those who speak in a channel and whose names have what a query requires.
func (s *Service) called(ctx context.Context, q db.Q, channel string, r query.Requirement) ([]string, error) {
	var w db.Where
	w.And("v.channel = ?", channel)
	if words := nameWords(strings.TrimSuffix(r.Value, "*")); len(words) > 0 {
		w.And("v.author IN (SELECT n.author FROM community_name n WHERE n.channel = ? AND n.word >= ? AND n.word < ?)", channel, words[0], after(words[0]))
	}
	list, err := db.All(ctx, q, voiceFields, "SELECT v.author, v.handle, v.name FROM community_voice v "+w.String()+" ORDER BY v.author"+db.Limit(mostMatched), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("find who is called so: %w", err)
	}
	var out []string
	for _, v := range list {
		if r.Called(v.name) {
			out = append(out, v.author)
		}
	}
	return out, nil
}

// counted finds what the index alone decides. Up to thousands of posts have the words, so each is one small row with few values, of which there are few different ones.
func (s *Service) counted(ctx context.Context, q db.Q, from string, w *db.Where, most int) ([]hit, bool, error) {
	type facets struct{ space, lang, facet string }
	type row struct {
		doc, top int64
		at       time.Time
		facets
	}
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.doc, &r.top, db.At(&r.at), &r.space, &r.lang, &r.facet} },
		"SELECT h.n, h.top, h.at, h.space, h.lang, h.facet FROM "+from+db.Limit(most), w.Args...)
	if err != nil {
		return nil, false, fmt.Errorf("search a community: %w", err)
	}
	out := make([]hit, 0, len(list))
	place, known := make(map[int64]int, len(list)), map[facets]hit{}
	for i := range list {
		r := &list[i]
		if k, met := place[r.top]; met {
			out[k].posts++
			continue
		}
		h, met := known[r.facets]
		if !met {
			h.space, h.lang = r.space, r.lang
			if err := h.read(r.facet); err != nil {
				return nil, false, err
			}
			known[r.facets] = h
		}
		h.n, h.at, h.doc, h.posts = r.top, r.at, r.doc, 1
		place[r.top] = len(out)
		out = append(out, h)
	}
	return out, len(list) >= most, nil
}

// matched finds what must be read to know whether it matches, among the newest that may.
func (s *Service) matched(ctx context.Context, q db.Q, o Sight, community, from string, w *db.Where, want wanted) ([]hit, bool, error) {
	type row struct {
		hit
		doc, kind, author, text string
		at                      time.Time
	}
	list, err := db.All(ctx, q, func(r *row) []any {
		return []any{&r.n, &r.id, &r.hit.kind, &r.space, &r.lang, db.At(&r.hit.at), &r.state, &r.title, db.JSON(&r.tagged), &r.hit.doc, &r.posts, &r.doc, db.At(&r.at), &r.kind, &r.author, &r.text}
	}, `SELECT f.n, f.id, f.kind, f.space, f.lang, f.at, f.state, f.title, f.tags, h.n, 1, d.id, d.at, CASE WHEN f.kind = 'article' THEN 'article' ELSE COALESCE(p.kind, '') END,
		COALESCE(p.author_name, a.author_name, ''), COALESCE(p.markup, (SELECT v.markup FROM community_revision v WHERE v.article = a.id AND v.version = a.approved), '')
		FROM (SELECT h.n, h.top FROM `+from+db.Limit(want.read)+`) AS h JOIN community_find f ON f.n = h.top JOIN community_doc d ON d.n = h.n LEFT JOIN community_post p ON p.id = d.id
		LEFT JOIN community_article a ON a.id = d.id ORDER BY h.n DESC`, w.Args...)
	if err != nil {
		return nil, false, fmt.Errorf("search a community: %w", err)
	}
	c, _ := o.ByID(community)
	stemmer, now := lang.NewStemmer(), s.Now()
	var out []hit
	at := map[int64]int{}
	for i := range list {
		r := &list[i]
		sp, _ := o.SpaceByID(r.space)
		d := query.Doc{Lang: r.lang, Text: unmarked(r.text), AuthorName: r.author, Channel: c.Slug, Kind: r.kind, In: placed(&sp, &c), At: r.at, Now: now}
		if d.Kind == "" {
			d.Kind = "post"
		}
		if r.doc == r.id {
			d.Title, d.Tags, d.Kinds = r.title, r.tagged, []string{r.hit.kind}
		}
		if len(d.Text) > maxIndexed {
			d.Text = strings.ToValidUTF8(d.Text[:maxIndexed], "")
		}
		if !want.Match(query.NewDoc(d, stemmer)) {
			continue
		}
		if k, known := at[r.n]; known {
			out[k].posts++
			continue
		}
		at[r.n] = len(out)
		out = append(out, r.hit)
	}
	return out, len(list) >= want.read, nil
}

// grammar is how an engine writes what it looks for in a full-text index.
type grammar struct {
	engine                query.Engine
	match, or, and, quote string
}

func grammarOf(q db.Q) grammar {
	if q.Engine() == db.Postgres {
		return grammar{query.Postgres, "x.stems @@ CAST($1 AS tsquery)", " | ", " & ", "'"}
	}
	return grammar{query.SQLite, "x.community_text MATCH $1", " OR ", " AND ", `"`}
}

// titled puts forward what has all the words in its title.
func (s *Service) titled(ctx context.Context, q db.Q, all []hit, words []string) error {
	if len(all) < 2 {
		return nil
	}
	g := grammarOf(q)
	var parts []string
	for _, w := range words {
		var ways []string
		for _, code := range append([]string{""}, lang.Stemmed()...) {
			if way := g.quote + query.TitleMark + lang.Stem(code, w) + g.quote; !slices.Contains(ways, way) {
				ways = append(ways, way)
			}
		}
		parts = append(parts, "("+strings.Join(ways, g.or)+")")
	}
	row := "x." + textRow(q)
	list, err := db.All(ctx, q, db.Self[int64], "SELECT "+row+" FROM community_text x WHERE "+g.match+" ORDER BY "+row+" DESC"+db.Limit(mostTitled), strings.Join(parts, g.and))
	if err != nil {
		return fmt.Errorf("search titles: %w", err)
	}
	has := make(map[int64]bool, len(list))
	for _, n := range list {
		has[n] = true
	}
	for i := range all {
		if has[all[i].n] {
			all[i].score = 4
		}
	}
	return nil
}

// findPeople finds those whose name has all the words, or their beginnings, and who said something where whoever asks may read.
func (s *Service) findPeople(ctx context.Context, o Sight, community string, words []string) ([]hit, error) {
	c, _ := o.ByID(community)
	longest := slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) })
	q := s.db.Read()
	list, err := db.All(ctx, q, voiceFields, `SELECT v.author, v.handle, v.name FROM community_voice v WHERE v.channel = $1 AND v.author IN
		(SELECT n.author FROM community_name n WHERE n.channel = $1 AND n.word >= $2 AND n.word < $3)
		AND EXISTS (SELECT 1 FROM community_post p JOIN community_thread t ON t.id = p.thread WHERE p.author = v.author AND p.channel = $1 AND p.deleted_at IS NULL AND t.deleted_at IS NULL
			AND t.space IN `+db.Among(q, "$4")+") ORDER BY v.name, v.author"+db.Limit(mostSpeakers+1), c.Channel, longest, after(longest), db.Texts(o.Readable(community)))
	if err != nil {
		return nil, fmt.Errorf("search people: %w", err)
	}
	var out []hit
	cut := len(list) > mostSpeakers
	for _, v := range list[:min(len(list), mostSpeakers)] {
		name := nameWords(v.name)
		if !slices.ContainsFunc(words, func(w string) bool {
			return !slices.ContainsFunc(name, func(n string) bool { return strings.HasPrefix(n, w) })
		}) {
			out = append(out, hit{find: find{kind: People}, voice: v.author, named: v.name, crowd: cut})
		}
	}
	return out, nil
}

// identified gives hits their ids and titles.
func identified(ctx context.Context, q db.Q, hits []*hit) error {
	at := make(map[int64]*hit, len(hits))
	numbers := make([]int64, len(hits))
	for i, h := range hits {
		at[h.n], numbers[i] = h, h.n
	}
	type row struct {
		n         int64
		id, title string
	}
	for part := range slices.Chunk(numbers, foundPage) {
		var w db.Where
		list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.n, &r.id, &r.title} }, "SELECT f.n, f.id, f.title FROM community_find f WHERE f.n IN "+numbered(&w, part), w.Args...)
		if err != nil {
			return fmt.Errorf("read what was found: %w", err)
		}
		for _, r := range list {
			at[r.n].id, at[r.n].title = r.id, r.title
		}
	}
	return nil
}

// numbered is a list of numbers, with as many placeholders however many there are up to foundPage, so that the statement's text is the same.
func numbered(w *db.Where, list []int64) string {
	marks := make([]string, max(foundPage, len(list)))
	for i := range marks {
		marks[i] = w.Arg(list[min(i, len(list)-1)])
	}
	return "(" + strings.Join(marks, ", ") + ")"
}

// shown reads what a page of results shows, of hits that are identified.
func (s *Service) shown(ctx context.Context, o Sight, community string, hits []*hit, l look) ([]Found, error) {
	q := s.db.Read()
	var threads, articles []string
	var docs []int64
	for _, h := range hits {
		switch h.kind {
		case People:
		case Articles:
			articles = append(articles, h.id)
		default:
			threads = append(threads, h.id)
			docs = append(docs, h.doc)
		}
	}
	about, said := map[string]Thread{}, map[string]string{}
	if len(threads) > 0 {
		list, err := db.All(ctx, q, threadFields, "SELECT "+threadColumns+" FROM community_thread t WHERE t.id IN "+db.Among(q, "$1"), db.Texts(threads))
		if err != nil {
			return nil, fmt.Errorf("read what was found: %w", err)
		}
		for _, t := range list {
			about[t.ID] = t
		}
		type text struct{ thread, markup string }
		for part := range slices.Chunk(docs, foundPage) {
			var w db.Where
			texts, err := db.All(ctx, q, func(t *text) []any { return []any{&t.thread, &t.markup} }, "SELECT p.thread, p.markup FROM community_doc d JOIN community_post p ON p.id = d.id WHERE d.n IN "+numbered(&w, part), w.Args...)
			if err != nil {
				return nil, fmt.Errorf("read what was found: %w", err)
			}
			for _, t := range texts {
				said[t.thread] = t.markup
			}
		}
	}
	type text struct {
		Article
		markup string
	}
	written := map[string]text{}
	if len(articles) > 0 {
		list, err := db.All(ctx, q, func(t *text) []any { return append(articleFields(&t.Article), &t.markup) }, "SELECT "+articleColumns+`, r.markup FROM community_article a
			JOIN community_revision r ON r.article = a.id AND r.version = a.approved WHERE a.id IN `+db.Among(q, "$1"), db.Texts(articles))
		if err != nil {
			return nil, fmt.Errorf("read what was found: %w", err)
		}
		for _, t := range list {
			written[t.ID] = t
		}
	}
	var out []Found
	for _, h := range hits {
		switch h.kind {
		case People:
			f, found, err := s.voiceFound(ctx, o, community, h)
			if err != nil {
				return nil, err
			}
			if found {
				f.Titled = l.marked(f.Title)
				out = append(out, f)
			}
		case Articles:
			if a, found := written[h.id]; found {
				out = append(out, Found{Kind: Articles, Title: a.Title, Titled: l.marked(a.Title), Path: a.Path(), Lang: a.Lang, Space: a.Space, By: a.AuthorName, At: a.ApprovedAt, Said: l.bits(unmarked(a.markup)), Count: a.Yes,
					score: l.share(a.Title, a.Title+" \n"+a.markup) + 1})
			}
		default:
			t, found := about[h.id]
			if !found {
				continue
			}
			f := Found{Kind: t.Kind, Title: t.Title, Titled: l.marked(t.Title), Path: t.Path(), Lang: t.Lang, Space: t.Space, By: t.AuthorName, At: t.At, Said: l.bits(unmarked(said[t.ID])), Solved: t.Accepted != "", Count: t.Replies,
				score: l.share(t.Title, said[t.ID])}
			if t.Kind == Ideas {
				f.Count = t.Score
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// mostSpoken bounds how many posts of somebody are counted.
const mostSpoken = 1000

// voiceFound is somebody who was found.
func (s *Service) voiceFound(ctx context.Context, o Sight, community string, h *hit) (Found, bool, error) {
	c, _ := o.ByID(community)
	type row struct {
		n  int
		at time.Time
		id string
	}
	q := s.db.Read()
	r, _, err := db.One(ctx, q, func(r *row) []any { return []any{&r.n, db.At(&r.at), &r.id} }, `SELECT COUNT(*), MAX(w.at), COALESCE(MAX(w.id), '') FROM (SELECT p.at, p.id FROM community_post p
		JOIN community_thread t ON t.id = p.thread WHERE p.author = $1 AND p.channel = $2 AND p.deleted_at IS NULL AND t.deleted_at IS NULL AND t.space IN `+db.Among(q, "$3")+
		" ORDER BY p.at DESC, p.id DESC"+db.Limit(mostSpoken)+") AS w", h.voice, c.Channel, db.Texts(o.Readable(community)))
	if err != nil {
		return Found{}, false, fmt.Errorf("count what somebody said: %w", err)
	}
	return Found{Kind: People, Title: h.named, Path: "/p/" + r.id, At: r.at, Count: r.n}, r.n > 0, nil
}
