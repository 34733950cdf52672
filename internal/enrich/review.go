package enrich

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Review is where people look at what enrichers say, and put it right.
type Review struct {
	db     *db.DB
	ledger *ledger.Ledger
	enrich *Service
	org    *org.Service
	log    *slog.Logger
	clock  func() time.Time
}

// NewReview makes it; the follower of e must be one of the ledger's.
func NewReview(d *db.DB, l *ledger.Ledger, e *Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Review {
	return &Review{d, l, e, o, log, clock}
}

// now is exact to what the database keeps.
func (r *Review) now() time.Time { return r.clock().UTC().Truncate(time.Microsecond) }

// acting is the member that acts in ctx and may do p: somebody's word has somebody behind it, so the operator alone is not enough.
func acting(ctx context.Context, p org.Permission) (*org.Member, error) {
	if err := org.Require(ctx, p); err != nil {
		return nil, err
	}
	m := org.Who(ctx)
	if m == nil {
		return nil, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	return m, nil
}

// Seen is a post with what is known of it.
type Seen struct {
	channel.Post
	Known   Known
	Channel string  // its name
	Far     FarSaid // what a model elsewhere said of it as it reads now
}

// speaks reports whether there is something others say, of which a person can tell what it is.
func (s *Seen) speaks() bool { return !s.Ours && s.DeletedAt.IsZero() }

// Known is what is known of a post; nothing when enrichers have not looked at it.
func (s *Service) Known(ctx context.Context, q db.Q, post string) (Known, error) {
	list, err := stored(ctx, q, []string{post})
	return list[post], err
}

// Post returns a post. What was said in private is for those who may read the inbox.
func (r *Review) Post(ctx context.Context, post string) (Seen, error) {
	if err := org.Require(ctx, org.ListeningRead); err != nil {
		return Seen{}, err
	}
	missing := problem.New(problem.Missing, "problem.not_found")
	if !id.Valid(post) {
		return Seen{}, missing
	}
	list, err := channel.Posts(ctx, r.db.Read(), post)
	if err != nil {
		return Seen{}, err
	}
	if len(list) == 0 || list[0].Private && org.Require(ctx, org.InboxRead) != nil {
		return Seen{}, missing
	}
	s := Seen{Post: list[0]}
	if s.Known, err = r.enrich.Known(ctx, r.db.Read(), post); err != nil {
		return s, err
	}
	if s.Far, err = farSaidOne(ctx, r.db.Read(), post); err != nil {
		return s, err
	}
	s.Channel, _, err = db.Value[string](ctx, r.db.Read(), "SELECT name FROM channel WHERE id = $1", s.Post.Channel)
	return s, err
}

// Correct says what a post is, by head, as a member reads it; "" takes a word back. It wins over what is computed.
func (r *Review) Correct(ctx context.Context, post string, words map[string]string) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	p, err := r.Post(ctx, post)
	if err != nil {
		return err
	}
	if !p.speaks() {
		return problem.New(problem.Invalid, "enrich.not_labelled")
	}
	had, err := said(ctx, r.db.Read(), []string{post})
	if err != nil {
		return err
	}
	for head, v := range words {
		if !Valid(head, v) {
			return problem.New(problem.Invalid, "enrich.no_value", "Head", head).On(head)
		}
	}
	var list []ledger.Activity
	for _, head := range Heads() {
		if v, is := words[head]; is && v != had[post][head] {
			list = append(list, r.word(m, &p.Post, Word{Label: ledger.Label{Label: head, Value: v}}))
		}
	}
	return r.state(ctx, post, list)
}

func (r *Review) word(m *org.Member, p *channel.Post, w Word) ledger.Activity {
	return ledger.Activity{Kind: ledger.PostLabelled, Actor: "member:" + m.ID, Object: p.ID, Channel: p.Channel, At: r.now(), Data: ledger.Data(w)}
}

// state states words about a post, and notes them in the audit log.
func (r *Review) state(ctx context.Context, post string, list []ledger.Activity) error {
	if len(list) == 0 {
		return nil
	}
	var stated []ledger.Activity
	err := r.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if stated, err = r.ledger.AppendTx(ctx, q, list...); err != nil {
			return err
		}
		for i := range list {
			if err := r.org.Audit(ctx, q, "post.label", "post:"+post, list[i].Data); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("label a post: %w", err)
	}
	r.ledger.Wake()
	return r.ledger.Await(ctx, stated)
}

// Remark is one word about a post in its history.
type Remark struct {
	At     time.Time
	Actor  string // name of the member or of a model elsewhere, or the identity when it is none of ours
	Head   string
	Value  string // "" took the word back
	Sample bool   // said in an audit sample
}

// History lists who said what of a post, newest first.
func (r *Review) History(ctx context.Context, post string) ([]Remark, error) {
	if _, err := r.Post(ctx, post); err != nil {
		return nil, err
	}
	list, err := r.ledger.About(ctx, post, 500)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	var out []Remark
	for i := range list {
		if list[i].Kind != ledger.PostLabelled {
			continue
		}
		var w Word
		if err := list[i].Decode(&w); err != nil {
			continue
		}
		a := list[i].Actor
		if model, far := strings.CutPrefix(a, "model:"); far {
			for _, head := range FarHeads() {
				if v := w.Says[head]; Valid(head, v) && v != "" {
					out = append(out, Remark{list[i].At, model, head, v, false})
				}
			}
			continue
		}
		if !slices.Contains(Heads(), w.Label.Label) {
			continue
		}
		if names[a] == "" {
			names[a] = a
			if member, ours := strings.CutPrefix(a, "member:"); ours {
				if m, err := r.org.Find(ctx, member); err == nil {
					names[a] = m.Name
				}
			}
		}
		out = append(out, Remark{list[i].At, names[a], w.Label.Label, w.Value, w.Sample != ""})
	}
	return out, nil
}

// Rules are how sure the model must be, and what it does with old posts.
type Rules struct {
	Thresholds Thresholds
	Version    string
	Run        Run
	Found      bool // whether the run has begun
}

// Rules reads them.
func (r *Review) Rules(ctx context.Context) (Rules, error) {
	if err := org.Require(ctx, org.ListeningRead); err != nil {
		return Rules{}, err
	}
	rules, err := r.enrich.rulesOf(ctx, r.db.Read())
	if err != nil {
		return Rules{}, err
	}
	run, found, err := r.enrich.Progress(ctx, r.db.Read())
	return Rules{rules.thresholds, rules.version, run, found && run.Version == rules.version}, err
}

// SetThresholds changes how sure the model must be. New posts follow at once, old ones in the background.
func (r *Review) SetThresholds(ctx context.Context, t Thresholds) error {
	if err := org.Require(ctx, org.ListeningEdit); err != nil {
		return err
	}
	if err := t.Check(); err != nil {
		return err
	}
	raw, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("keep thresholds: %w", err)
	}
	return r.set(ctx, "thresholds", string(raw), "model.thresholds", t)
}

// Pause holds the work on old posts, or lets it go on; what is new is enriched all the same.
func (r *Review) Pause(ctx context.Context, hold bool) error {
	if err := org.Require(ctx, org.ListeningEdit); err != nil {
		return err
	}
	var at any
	action := "model.resume"
	if hold {
		at, action = db.T(r.now()), "model.pause"
	}
	return r.set(ctx, "paused_at", at, action, nil)
}

func (r *Review) set(ctx context.Context, column string, v any, action string, details any) error {
	return r.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := db.Insert(ctx, q, "enrich_setting (one, "+column+")", [][]any{{1, v}}, "ON CONFLICT (one) DO UPDATE SET "+column+" = excluded."+column); err != nil {
			return err
		}
		return r.org.Audit(ctx, q, action, "organisation", details)
	})
}
