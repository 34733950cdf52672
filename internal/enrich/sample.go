package enrich

import (
	"cmp"
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// Sample is posts drawn by rule for people to judge: at random by the seed, from each language and channel as many as its share, among what
// others said in a time. The same seed draws the same from the same posts.
type Sample struct {
	ID           string
	Seed         int64
	Size         int
	Since, Until time.Time
	DrawnAt      time.Time
	DrawnBy      string // member id
	Judged       int    // posts that somebody judged
	Mine         int    // posts that whoever asks judged or passed on
	Twice        int    // posts that two people judged
}

// Share of a sample that is offered to a second person, so that people are compared with each other: every so many places.
const secondEvery = 5

// Sizes of a sample.
const (
	MinSample = 20
	MaxSample = 2000
)

type drawn struct {
	rank          uint64
	post          string
	lang, channel string
}

// lot keeps the posts of one language and channel with the smallest ranks; its head is the greatest.
type lot struct {
	list []drawn
	n    int // posts there are
}

func (l *lot) Len() int           { return len(l.list) }
func (l *lot) Less(i, j int) bool { return l.list[i].rank > l.list[j].rank }
func (l *lot) Swap(i, j int)      { l.list[i], l.list[j] = l.list[j], l.list[i] }

// Push is for package heap.
func (l *lot) Push(v any) { l.list = append(l.list, v.(drawn)) }

// Pop is for package heap.
func (l *lot) Pop() any {
	v := l.list[len(l.list)-1]
	l.list = l.list[:len(l.list)-1]
	return v
}

func (l *lot) offer(d drawn, size int) {
	l.n++
	switch {
	case len(l.list) < size:
		heap.Push(l, d)
	case d.rank < l.list[0].rank:
		l.list[0] = d
		heap.Fix(l, 0)
	}
}

// rankOf is where chance puts a post under a seed.
func rankOf(seed int64, post string) uint64 {
	h := sha256.New()
	_ = binary.Write(h, binary.BigEndian, seed) // a hash never fails
	h.Write([]byte(post))
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// draw reads the posts of a time and gives size of them, in the order in which they are judged: any first part of it is a sample too.
func draw(ctx context.Context, q db.Q, seed int64, size int, since, until time.Time) ([]drawn, error) {
	lots := map[[2]string]*lot{}
	type row struct {
		seq int64
		drawn
	}
	for below := int64(-1); ; {
		var w db.Where
		w.And("p.at >= ?", db.T(since)).And("p.at < ?", db.T(until)).And("p.ours = 0").And("p.automatic = ''").And("p.deleted_at IS NULL").And("p.text <> ''")
		if below >= 0 {
			w.And("p.seq < ?", below)
		}
		const piece = 5000
		list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.seq, &r.post, &r.lang, &r.channel} },
			"SELECT p.seq, p.id, e.lang, p.channel FROM post p JOIN enrichment e ON e.post = p.id "+w.String()+" ORDER BY p.seq DESC LIMIT "+w.Arg(piece), w.Args...)
		if err != nil {
			return nil, fmt.Errorf("draw a sample: %w", err)
		}
		for _, r := range list {
			key := [2]string{r.lang, r.channel}
			if lots[key] == nil {
				lots[key] = &lot{}
			}
			r.rank = rankOf(seed, r.post)
			lots[key].offer(r.drawn, size)
		}
		if len(list) < piece {
			break
		}
		below = list[len(list)-1].seq
	}
	return share(lots, size), nil
}

// share gives each lot its part of size, by largest remainder.
func share(lots map[[2]string]*lot, size int) []drawn {
	total := 0
	type part struct {
		*lot
		key  [2]string
		take int
		rest float64
	}
	var parts []part
	for k, l := range lots {
		total += l.n
		parts = append(parts, part{lot: l, key: k})
	}
	size = min(size, total)
	left := size
	for i := range parts {
		exact := float64(size) * float64(parts[i].n) / float64(total)
		parts[i].take = int(exact)
		parts[i].rest = exact - float64(parts[i].take)
		left -= parts[i].take
	}
	sorting.Func(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.rest, a.rest), cmp.Compare(a.key[0], b.key[0]), cmp.Compare(a.key[1], b.key[1]))
	})
	var out []drawn
	for i := range parts {
		if left > 0 && parts[i].take < parts[i].n {
			parts[i].take++
			left--
		}
		byRank(parts[i].list)
		out = append(out, parts[i].list[:min(parts[i].take, len(parts[i].list))]...)
	}
	byRank(out)
	return out
}

func byRank(list []drawn) {
	sorting.Func(list, func(a, b drawn) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.post, b.post)) })
}

// Draw draws a sample of the last so many days. A seed of 0 takes one by chance, which is kept.
func (r *Review) Draw(ctx context.Context, size, days int, seed int64) (Sample, error) {
	m, err := acting(ctx, org.ListeningEdit)
	if err != nil {
		return Sample{}, err
	}
	if size < MinSample || size > MaxSample {
		return Sample{}, problem.New(problem.Invalid, "enrich.bad_size", "Least", MinSample, "Most", MaxSample).On("size")
	}
	if days < 1 || days > 3660 {
		return Sample{}, problem.New(problem.Invalid, "enrich.bad_days").On("days")
	}
	now := r.now()
	s := Sample{ID: id.New(), Seed: seed, Size: size, Since: now.AddDate(0, 0, -days), Until: now, DrawnAt: now, DrawnBy: m.ID}
	if s.Seed == 0 {
		s.Seed = int64(rankOf(now.UnixNano(), s.ID)>>12) + 1
	}
	posts, err := draw(ctx, r.db.Read(), s.Seed, size, s.Since, s.Until)
	if err != nil {
		return s, err
	}
	if len(posts) == 0 {
		return s, problem.New(problem.Invalid, "enrich.nothing_to_draw").On("days")
	}
	s.Size = len(posts)
	rows := make([][]any, len(posts))
	for i, d := range posts {
		rows[i] = []any{s.ID, i, d.post, d.lang, d.channel}
	}
	err = r.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := db.Insert(ctx, q, "audit_sample (id, seed, size, since, until, drawn_at, drawn_by)", [][]any{{s.ID, s.Seed, s.Size, db.T(s.Since), db.T(s.Until), db.T(now), m.ID}}, ""); err != nil {
			return err
		}
		if err := db.Insert(ctx, q, "audit_sample_post (sample, place, post, lang, channel)", rows, ""); err != nil {
			return err
		}
		return r.org.Audit(ctx, q, "sample.draw", "sample:"+s.ID, map[string]any{"seed": s.Seed, "size": s.Size, "days": days})
	})
	if err != nil {
		return s, fmt.Errorf("keep a sample: %w", err)
	}
	return s, nil
}

// Samples lists the samples, newest first, with how far they are judged.
func (r *Review) Samples(ctx context.Context) ([]Sample, error) {
	if err := org.Require(ctx, org.ListeningRead); err != nil {
		return nil, err
	}
	return r.samples(ctx, "")
}

// samples reads one, or with "" the newest.
func (r *Review) samples(ctx context.Context, id string) ([]Sample, error) {
	var w db.Where
	if id != "" {
		w.And("id = ?", id)
	}
	list, err := db.All(ctx, r.db.Read(), func(s *Sample) []any {
		return []any{&s.ID, &s.Seed, &s.Size, db.At(&s.Since), db.At(&s.Until), db.At(&s.DrawnAt), &s.DrawnBy}
	}, "SELECT id, seed, size, since, until, drawn_at, drawn_by FROM audit_sample "+w.String()+" ORDER BY drawn_at DESC, id LIMIT 50", w.Args...)
	if err != nil {
		return nil, fmt.Errorf("list samples: %w", err)
	}
	for i := range list {
		places, err := r.places(ctx, list[i].ID)
		if err != nil {
			return nil, err
		}
		for _, p := range places {
			list[i].count(p)
		}
	}
	return list, nil
}

func (s *Sample) count(p place) {
	if p.judges > 0 {
		s.Judged++
	}
	if p.judges > 1 {
		s.Twice++
	}
	if p.mine {
		s.Mine++
	}
}

// place is a post of a sample with how many judged it, and whether whoever asks did or passed it on.
type place struct {
	n      int
	post   string
	judges int
	mine   bool
}

// wanted is how many people should judge it.
func (p place) wanted() int {
	if p.n%secondEvery == 0 {
		return 2
	}
	return 1
}

func (r *Review) places(ctx context.Context, sample string) ([]place, error) {
	me := ""
	if m := org.Who(ctx); m != nil {
		me = "member:" + m.ID
	}
	list, err := db.All(ctx, r.db.Read(), func(p *place) []any { return []any{&p.n, &p.post, &p.judges, db.Bool(&p.mine)} },
		`SELECT s.place, s.post, COUNT(DISTINCT CASE WHEN j.label = 'sentiment' THEN j.actor END), COALESCE(MAX(CASE WHEN j.actor = $1 THEN 1 ELSE 0 END), 0)
		FROM audit_sample_post s LEFT JOIN judgement j ON j.sample = s.sample AND j.post = s.post WHERE s.sample = $2
		GROUP BY s.place, s.post ORDER BY s.place`, me, sample)
	if err != nil {
		return nil, fmt.Errorf("read a sample: %w", err)
	}
	return list, nil
}

// Turn is the next post somebody should judge.
type Turn struct {
	Sample
	Post  string // "" when nothing is left for whoever asks
	Place int    // from 1
	Undo  bool   // whether there is an answer of theirs to take back
}

// Next is the next post of a sample for whoever asks: one that nobody judged yet, or every fifth, only one other. What the model says is
// not told.
func (r *Review) Next(ctx context.Context, sample string) (Turn, error) {
	if _, err := acting(ctx, org.InboxEdit); err != nil {
		return Turn{}, err
	}
	list, err := r.samples(ctx, sample)
	if err != nil {
		return Turn{}, err
	}
	if sample == "" || len(list) == 0 {
		return Turn{}, problem.New(problem.Missing, "problem.not_found")
	}
	t := Turn{Sample: list[0], Undo: list[0].Mine > 0}
	places, err := r.places(ctx, sample)
	if err != nil {
		return t, err
	}
	for _, p := range places {
		if p.mine || p.judges >= p.wanted() {
			continue
		}
		seen, err := r.Post(ctx, p.post)
		if problem.Is(err, problem.Missing) || err == nil && !seen.speaks() {
			continue
		}
		if err != nil {
			return t, err
		}
		t.Post, t.Place = p.post, p.n+1
		return t, nil
	}
	return t, nil
}

// skipped is the label of a post that somebody passed on.
const skipped = "skipped"

// Judge keeps what whoever asks says of a post of a sample, by head; nothing passes it on to others. The model's answer is kept beside.
func (r *Review) Judge(ctx context.Context, sample, post string, words map[string]string) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	_, found, err := db.Value[int](ctx, r.db.Read(), "SELECT place FROM audit_sample_post WHERE sample = $1 AND post = $2", sample, post)
	if err != nil {
		return fmt.Errorf("look into a sample: %w", err)
	}
	if !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	p, err := r.Post(ctx, post)
	if err != nil {
		return err
	}
	if !p.speaks() {
		return problem.New(problem.Invalid, "enrich.not_labelled")
	}
	if len(words) == 0 {
		words = map[string]string{skipped: "yes"}
	} else if words[Sentiment] == "" {
		return problem.New(problem.Invalid, "enrich.sentiment_first").On("sentiment")
	}
	k, err := r.enrich.Known(ctx, r.db.Read(), post)
	if err != nil {
		return err
	}
	rules, err := r.enrich.rulesOf(ctx, r.db.Read())
	if err != nil {
		return err
	}
	model := Resolve(&k.Reading, nil, rules.thresholds)
	var list []ledger.Activity
	for _, head := range append(Heads(), skipped) {
		v, said := words[head]
		if !said {
			continue
		}
		if head != skipped && (v == "" || !Valid(head, v)) {
			return problem.New(problem.Invalid, "enrich.no_value", "Head", head).On(head)
		}
		w := Word{Label: ledger.Label{Label: head, Value: v}, Sample: sample, Version: k.Version}
		if head != skipped {
			w.Model = or(model.Of(head), "?")
			if head == Kinds && k.Classified {
				w.Model = or(model.Of(head), None)
			}
		}
		list = append(list, r.word(m, &p.Post, w))
	}
	return r.state(ctx, post, list)
}

// TakeBack takes back what whoever asks said last in a sample, and returns the post.
func (r *Review) TakeBack(ctx context.Context, sample string) (string, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return "", err
	}
	type word struct{ post, label string }
	list, err := db.All(ctx, r.db.Read(), func(w *word) []any { return []any{&w.post, &w.label} },
		"SELECT post, label FROM judgement WHERE sample = $1 AND actor = $2 ORDER BY at DESC, post, label LIMIT 10", sample, "member:"+m.ID)
	if err != nil {
		return "", fmt.Errorf("look for the last judgement: %w", err)
	}
	if len(list) == 0 {
		if _, found, err := db.Value[int](ctx, r.db.Read(), "SELECT size FROM audit_sample WHERE id = $1", sample); err != nil || !found {
			return "", cmp.Or(err, error(problem.New(problem.Missing, "problem.not_found")))
		}
		return "", problem.New(problem.Conflict, "enrich.nothing_to_take_back")
	}
	p, err := r.Post(ctx, list[0].post)
	if err != nil {
		return "", err
	}
	var back []ledger.Activity
	for _, w := range list {
		if w.post == p.Post.ID {
			back = append(back, r.word(m, &p.Post, Word{Label: ledger.Label{Label: w.label}, Sample: sample}))
		}
	}
	return p.Post.ID, r.state(ctx, p.Post.ID, back)
}

// judged keeps what somebody said of a post of a sample.
func judged(ctx context.Context, q db.Q, a *ledger.Activity, w *Word) error {
	switch {
	case w.Sample == "":
		return nil
	case w.Value == "":
		_, err := db.Exec(ctx, q, "DELETE FROM judgement WHERE sample = $1 AND post = $2 AND actor = $3 AND label = $4", w.Sample, a.Object, a.Actor, w.Label.Label)
		return err
	}
	return db.Insert(ctx, q, "judgement (sample, post, actor, label, value, model, version, at)",
		[][]any{{w.Sample, a.Object, a.Actor, w.Label.Label, w.Value, w.Model, w.Version, db.T(a.At)}},
		"ON CONFLICT (sample, post, actor, label) DO UPDATE SET value = excluded.value, model = excluded.model, version = excluded.version, at = excluded.at")
}

func or(v, fallback string) string {
	if v == "" {
		return fallback
	}
	return v
}
