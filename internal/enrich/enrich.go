// Package enrich decides what is known of a post beyond what it says of itself: enrichers and people's labels come in, one versioned row a
// post and the full-text index go out; samples that people judge tell how far the enrichers can be believed.
package enrich

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

// Enricher says something of posts. It is pure: the same version says the same of the same text.
type Enricher interface {
	Name() string
	Version() string // change it when it would say something else; what is stored is then said anew, newest first
	Enrich(in Input, r *Reading)
}

// Input is what an enricher looks at.
type Input struct{ Title, Text, Hint string } // Hint: the language as the channel says

// whole is title and text, without what no longer changes the answer.
func (in Input) whole() string {
	text := in.Text
	if in.Title != "" {
		text = in.Title + "\n" + text
	}
	if len(text) > 2000 {
		text = strings.ToValidUTF8(text[:2000], "") // a letter cut in two is none
	}
	return text
}

// Service runs enrichers.
type Service struct {
	db        *db.DB
	log       *slog.Logger
	enrichers []Enricher
	stemmer   *lang.Stemmer
	changed   func(ctx context.Context, q db.Q, posts []channel.Post) error

	mu     sync.Mutex
	recent map[string]*query.Doc // of the batch being digested, for listening
	names  map[string]string     // of channels, by id
	rules  rules
}

// New makes the service; one of the enrichers must tell the language.
func New(d *db.DB, log *slog.Logger, enrichers ...Enricher) *Service {
	return &Service{db: d, log: log, enrichers: enrichers, stemmer: lang.NewStemmer(), recent: map[string]*query.Doc{}, names: map[string]string{}}
}

// Changed sets what is called, in the transaction that does it, with posts of which old rows now say something else: whoever matched them
// by language, sentiment or kind matches them again. It is not called for what is digested from the ledger, where an activity tells.
func (s *Service) Changed(f func(ctx context.Context, q db.Q, posts []channel.Post) error) {
	s.changed = f
}

// Follower derives enrichments, labels, judgements and the full-text index.
func (s *Service) Follower() ledger.Follower {
	return ledger.Follower{Name: "enrich", Version: 4, Tables: []string{"enrichment", "label_hour", "post_label", "judgement", "remote_reading", "post_text"}, Apply: s.apply, Cut: cutLabels}
}

// cutLabels keeps words about posts apart from what else happens: they change what was derived. Words about several posts go together.
func cutLabels(_ context.Context, _ db.Q, list []ledger.Activity) (int, error) {
	about := map[string]bool{}
	for i := range list {
		labels := list[i].Kind == ledger.PostLabelled
		if i > 0 && labels != (list[0].Kind == ledger.PostLabelled) || labels && about[list[i].Object] {
			return i, nil
		}
		if labels {
			about[list[i].Object] = true
		}
	}
	return len(list), nil
}

// rules are the thresholds that hold and the version they make together with the enrichers.
type rules struct {
	stored     string
	thresholds Thresholds
	version    string
}

// rulesOf reads the thresholds; usually nothing has changed.
func (s *Service) rulesOf(ctx context.Context, q db.Q) (rules, error) {
	stored, _, err := db.Value[string](ctx, q, "SELECT thresholds FROM enrich_setting WHERE one = 1")
	if err != nil {
		return rules{}, fmt.Errorf("read thresholds: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rules.version != "" && s.rules.stored == stored {
		return s.rules, nil
	}
	var own Thresholds
	if stored != "" {
		if err := json.Unmarshal([]byte(stored), &own); err != nil {
			return rules{}, fmt.Errorf("read thresholds: %w", err)
		}
	}
	r := rules{stored: stored, thresholds: own}
	var parts []string
	for _, e := range s.enrichers {
		parts = append(parts, e.Name()+"."+e.Version())
	}
	raw, err := json.Marshal(r.thresholds)
	if err != nil {
		return rules{}, fmt.Errorf("write thresholds: %w", err)
	}
	sum := sha256.Sum256(raw)
	r.version = strings.Join(parts, "+") + "/" + hex.EncodeToString(sum[:3])
	s.rules = r
	return r, nil
}

func (s *Service) apply(ctx context.Context, q db.Q, list []ledger.Activity) error {
	var rows, texts [][]any
	counts := tally{}
	s.mu.Lock()
	s.recent = make(map[string]*query.Doc, len(list))
	s.mu.Unlock()
	var channels []string
	for i := range list {
		channels = append(channels, list[i].Channel)
	}
	if err := s.Name(ctx, q, channels...); err != nil {
		return err
	}
	rules, err := s.rulesOf(ctx, q)
	if err != nil {
		return err
	}
	for i := range list {
		a := &list[i]
		switch a.Kind {
		case ledger.PostSaid:
			said, err := a.Said()
			if err != nil {
				return err
			}
			p := channel.Post{ID: a.ID, Channel: a.Channel, Kind: said.Kind, Author: a.Actor, AuthorName: said.AuthorName,
				Title: said.Title, Text: said.Text, URL: said.URL, Lang: said.Lang, At: a.At, LearnedAt: a.LearnedAt, More: channel.More{Tags: said.Tags, Followers: said.Followers, In: said.In}}
			r := s.look(&p)
			packed := r.pack()
			l := Resolve(&r, nil, rules.thresholds)
			d := s.DocWith(&p, l)
			s.remember(a.ID, d)
			hour := hourOf(said.Ours, said.Automatic, a.At)
			counts.add(hour, a.Channel, l, 1)
			rows = append(rows, row(a.ID, rules.version, packed, l, hour))
			texts = append(texts, []any{a.Seq, d.IndexText(s.stemmer)})
		case ledger.PostEdited, ledger.PostDeleted: // alone in the batch, see channel.PostFollower
			if err := farForget(ctx, q, a.Object); err != nil {
				return err
			}
			posts, err := channel.Posts(ctx, q, a.Object)
			if err != nil || len(posts) == 0 {
				return err
			}
			if _, err := s.again(ctx, q, posts, rules, true, true); err != nil {
				return err
			}
		case ledger.PostLabelled: // apart from others, see cutLabels
			if err := s.labelled(ctx, q, a, rules); err != nil {
				return err
			}
		}
	}
	if err := db.Insert(ctx, q, into, rows, ""); err != nil {
		return err
	}
	if err := counts.write(ctx, q); err != nil {
		return err
	}
	return s.index(ctx, q, texts)
}

const into = "enrichment (post, version, lang, sentiment, kinds, emotion, aggression, hand, p, hour)"

func row(post, version, packed string, l Taken, hour int64) []any {
	return []any{post, version, l.Lang, l.Sentiment, strings.Join(l.Kinds, ","), l.Emotion, l.Aggression, strings.Join(l.Hand, ","), packed, hour}
}

// look asks the enrichers. One that fails on hostile text is not the post's fault nor the others'.
func (s *Service) look(p *channel.Post) (r Reading) {
	in := Input{p.Title, p.Text, p.Lang}
	for _, e := range s.enrichers {
		e.Enrich(in, &r)
	}
	return r
}

func (s *Service) remember(post string, d *query.Doc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recent[post] = d
}

// Doc returns a post of the batch being digested as queries see it, nil when it is not in it: words are cut and stemmed once a batch. Posts
// that were labelled in the batch are in it too.
func (s *Service) Doc(post string) *query.Doc {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent[post]
}

// Name learns what these channels are called: queries name channels, posts hold their ids. Call it before DocWith.
func (s *Service) Name(ctx context.Context, q db.Q, channels ...string) error {
	slices.Sort(channels)
	channels = slices.Compact(channels)
	type named struct{ id, name string }
	list, err := db.All(ctx, q, func(n *named) []any { return []any{&n.id, &n.name} }, "SELECT id, name FROM channel WHERE id IN "+db.Among(q, "$1"),
		db.Texts(channels))
	if err != nil {
		return fmt.Errorf("read names of channels: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range list {
		s.names[n.id] = n.name
	}
	return nil
}

// DocWith is a post with its labels as queries see it. An age in a query (since:30d) counts back from when we learned of the post: what it
// finds must not depend on when it is asked.
func (s *Service) DocWith(p *channel.Post, l Taken) *query.Doc {
	s.mu.Lock()
	name, known := s.names[p.Channel]
	s.mu.Unlock()
	if !known {
		name = p.Channel
	}
	return query.NewDoc(query.Doc{Lang: l.Lang, Title: p.Title, Text: p.Text, URL: p.URL, Author: p.Author, AuthorName: p.AuthorName,
		Channel: name, Kind: p.Kind, Tags: p.More.Tags, Followers: p.More.Followers, In: p.More.In, At: p.At, Now: p.LearnedAt, Kinds: l.Kinds, Sentiment: l.Sentiment, Emotion: l.Emotion}, s.stemmer)
}

// Docs are posts already derived as queries see them, by post id.
func (s *Service) Docs(ctx context.Context, q db.Q, posts []channel.Post) (map[string]*query.Doc, error) {
	ids, channels := make([]string, len(posts)), make([]string, len(posts))
	for i := range posts {
		ids[i], channels[i] = posts[i].ID, posts[i].Channel
	}
	if err := s.Name(ctx, q, channels...); err != nil {
		return nil, err
	}
	labels, err := TakenFor(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*query.Doc, len(posts))
	for i := range posts {
		out[posts[i].ID] = s.DocWith(&posts[i], labels[posts[i].ID])
	}
	return out, nil
}

func (s *Service) index(ctx context.Context, q db.Q, texts [][]any) error {
	if q.Engine() == db.Postgres {
		return db.InsertExpr(ctx, q, "post_text (seq, stems)", []string{"", "array_to_tsvector(array_remove(string_to_array(%s, ' '), ''))"}, texts, "")
	}
	return db.Insert(ctx, q, "post_text (rowid, stems)", texts, "")
}

// again says everything anew of posts that are already there, and returns those that are now taken for something else. The index is
// written anew for those whose language changed, or with words, for all.
func (s *Service) again(ctx context.Context, q db.Q, posts []channel.Post, rules rules, words, digesting bool) (changed []channel.Post, err error) {
	ids := make([]string, len(posts))
	var channels []string
	for i := range posts {
		ids[i] = posts[i].ID
		channels = append(channels, posts[i].Channel)
	}
	if err := s.Name(ctx, q, channels...); err != nil {
		return nil, err
	}
	had, err := stored(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	hand, err := said(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	far, err := farSaid(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	var rows, texts [][]any
	counts := tally{}
	for i := range posts {
		p := &posts[i]
		r := s.look(p)
		packed := r.pack()
		l := resolve(&r, far[p.ID], hand[p.ID], rules.thresholds)
		hour := hourOf(p.Ours, p.Automatic, p.At)
		rows = append(rows, row(p.ID, rules.version, packed, l, hour))
		before, there := had[p.ID]
		if there {
			counts.add(before.hour, p.Channel, before.Taken, -1)
		}
		counts.add(hour, p.Channel, l, 1)
		if !there || !same(before.Taken, l) {
			changed = append(changed, *p)
		}
		reindex := words || !there || before.Taken.Lang != l.Lang
		if !reindex && !digesting {
			continue
		}
		d := s.DocWith(p, l)
		if digesting {
			s.remember(p.ID, d)
		}
		if !reindex {
			continue
		}
		texts = append(texts, []any{p.Seq, d.IndexText(s.stemmer)})
		if err := unindex(ctx, q, p); err != nil {
			return nil, err
		}
	}
	if err := db.Insert(ctx, q, into, rows, overwrite); err != nil {
		return nil, err
	}
	if err := counts.write(ctx, q); err != nil {
		return nil, err
	}
	return changed, s.index(ctx, q, texts)
}

const overwrite = `ON CONFLICT (post) DO UPDATE SET version = excluded.version, lang = excluded.lang, sentiment = excluded.sentiment,
	kinds = excluded.kinds, emotion = excluded.emotion, aggression = excluded.aggression, hand = excluded.hand, p = excluded.p,
	hour = excluded.hour`

func unindex(ctx context.Context, q db.Q, p *channel.Post) error {
	if _, err := db.Exec(ctx, q, "DELETE FROM post_text WHERE "+db.Pick(q, "rowid", "seq")+" = $1", p.Seq); err != nil {
		return fmt.Errorf("take post %s out of the index: %w", p.ID, err)
	}
	return nil
}

// same reports whether two posts are taken for the same.
func same(a, b Taken) bool {
	return a.Lang == b.Lang && a.Sentiment == b.Sentiment && slices.Equal(a.Kinds, b.Kinds) && a.Emotion == b.Emotion && a.Aggression == b.Aggression
}
