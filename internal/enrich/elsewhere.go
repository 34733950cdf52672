package enrich

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich/remote"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

// Asking is how a model on another machine is asked about posts, as an owner sets it.
type Asking struct {
	Address, Kind, Model string
	Heads                []string // of FarHeads; of a TEI endpoint one
	Labels               string   // TEI: "LABEL_0=negative, ...", where its labels have other names
	Every                bool     // all posts; else those of which the model here is not sure
	Private              bool     // also what was said in private
	Batch                int      // posts a request
	Requests             int      // a day, UTC
	Characters           int      // a day, UTC
}

// FarHeads lists what another model may be asked. Languages decide how words are cut and stay here.
func FarHeads() []string { return []string{Sentiment, Kinds, Emotion, Aggression} }

// Far is the state of it.
type Far struct {
	Asking
	Found         bool // whether it was ever set
	Keyed         bool // whether it has a key
	Since         time.Time
	Asked, Shown  int // requests and characters of today
	RetryAt       time.Time
	Stopped       string // the problem that stopped it, "" for none
	day, failures int
	secret        string
}

// On reports whether it is switched on.
func (f Far) On() bool { return !f.Since.IsZero() }

// Host is the machine that is asked.
func (f Far) Host() string { return remote.Endpoint{URL: f.Address}.Host() }

// Spent reports whether nothing is left of the budget of today.
func (f Far) Spent() bool { return f.Asked >= f.Requests || f.Shown >= f.Characters }

// Elsewhere asks a model on another machine, when an owner says so: posts leave the house for it. Nothing waits for it.
type Elsewhere struct {
	db     *db.DB
	ledger *ledger.Ledger
	enrich *Service
	org    *org.Service
	box    *seal.Box
	client *remote.Client
	log    *slog.Logger
	clock  func() time.Time
	holder string

	mu    sync.Mutex
	of    string // the day and the settings that spans are gone through for
	top   int64  // the newest post in them, or already out of them
	spans []span // the newest last
}

// NewElsewhere makes it; guarded says which addresses may be reached.
func NewElsewhere(d *db.DB, l *ledger.Ledger, e *Service, o *org.Service, box *seal.Box, guarded *http.Client, log *slog.Logger, clock func() time.Time) *Elsewhere {
	return &Elsewhere{db: d, ledger: l, enrich: e, org: o, box: box, client: remote.New(guarded), log: log, clock: clock, holder: id.New()}
}

const bound = "enrich:remote"

func (e *Elsewhere) now() time.Time { return e.clock().UTC().Truncate(time.Microsecond) }

func today(now time.Time) int { return int(now.Unix() / 86400) }

func (e *Elsewhere) read(ctx context.Context, q db.Q) (f Far, err error) {
	var heads string
	f, found, err := db.One(ctx, q, func(f *Far) []any {
		return []any{&f.Address, &f.Kind, &f.Model, &f.secret, &heads, &f.Labels, db.Bool(&f.Every), db.Bool(&f.Private), &f.Batch, &f.Requests, &f.Characters,
			db.At(&f.Since), &f.day, &f.Asked, &f.Shown, &f.failures, db.At(&f.RetryAt), &f.Stopped}
	}, `SELECT address, kind, model, secret, heads, labels, every, private, batch, requests, characters, on_since, day, asked, shown, failures, retry_at, stopped
		FROM enrich_remote WHERE id = 'remote'`)
	if err != nil {
		return f, fmt.Errorf("read how a model elsewhere is asked: %w", err)
	}
	if !found {
		return Far{Asking: Asking{Kind: remote.OpenAI, Heads: []string{Sentiment, Kinds}, Batch: 10, Requests: 200, Characters: 500_000}}, nil
	}
	f.Found, f.Keyed, f.Heads = true, f.secret != "", cut(heads)
	if f.day != today(e.now()) {
		f.Asked, f.Shown = 0, 0
	}
	return f, nil
}

// State is how it stands. Only who may change it is told more of the address than the host.
func (e *Elsewhere) State(ctx context.Context) (Far, error) {
	if err := org.Require(ctx, org.ListeningRead); err != nil {
		return Far{}, err
	}
	f, err := e.read(ctx, e.db.Read())
	if org.Require(ctx, org.OrgEdit) != nil {
		f.Address = "//" + f.Host()
	}
	f.secret = ""
	return f, err
}

// Check refuses what cannot be asked.
func (a Asking) Check() error {
	refuse := func(field, key string) error { return problem.New(problem.Invalid, key).On(field) }
	if (remote.Endpoint{URL: a.Address}).Check() != nil {
		return refuse("address", "enrich.far.no_address")
	}
	if a.Kind != remote.OpenAI && a.Kind != remote.TEI {
		return refuse("kind", "enrich.far.no_kind")
	}
	if len(a.Model) > 200 || a.Kind == remote.OpenAI && a.Model == "" {
		return refuse("model", "enrich.far.no_model")
	}
	for _, h := range a.Heads {
		if !slices.Contains(FarHeads(), h) {
			return refuse("heads", "enrich.far.no_heads")
		}
	}
	if len(a.Heads) == 0 || a.Kind == remote.TEI && len(a.Heads) != 1 {
		return refuse("heads", "enrich.far.no_heads")
	}
	if a.Kind == remote.TEI {
		if _, ok := a.names(); !ok {
			return refuse("labels", "enrich.far.no_labels")
		}
	}
	for name, n := range map[string][2]int{"batch": {a.Batch, 50}, "requests": {a.Requests, 1_000_000}, "characters": {a.Characters, 2_000_000_000}} {
		if n[0] < 1 || n[0] > n[1] {
			return refuse(name, "enrich.far.no_number")
		}
	}
	if a.Characters < a.Batch*2500 {
		return refuse("characters", "enrich.far.no_characters")
	}
	return nil
}

// names reads Labels.
func (a Asking) names() (map[string]string, bool) {
	out := map[string]string{}
	for part := range strings.SplitSeq(a.Labels, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, to, ok := strings.Cut(part, "=")
		from, to = strings.ToLower(strings.TrimSpace(from)), strings.TrimSpace(to)
		if !ok || from == "" || len(a.Heads) != 1 || !slices.Contains(Values(a.Heads[0]), to) && to != None {
			return nil, false
		}
		out[from] = to
	}
	return out, len(a.Labels) <= 2000
}

func (a Asking) questions() []remote.Question {
	var out []remote.Question
	for _, h := range FarHeads() {
		if slices.Contains(a.Heads, h) {
			out = append(out, remote.Question{Head: h, Values: Values(h), Several: h == Kinds})
		}
	}
	return out
}

// endpoint is where to ask, with its key.
func (e *Elsewhere) endpoint(f Far) (remote.Endpoint, error) {
	out := remote.Endpoint{URL: f.Address, Kind: f.Kind, Model: f.Model}
	out.Labels, _ = f.names()
	if f.secret == "" {
		return out, nil
	}
	key, err := e.box.Open(bound, f.secret)
	if err != nil {
		return out, fmt.Errorf("open the key of the model elsewhere: %w", err)
	}
	out.Key = string(key)
	return out, nil
}

// Set changes how it is asked, and switches it on or off. key "" leaves the key as it is, unless the address changes: a key is for one host.
// What stopped it is forgotten.
func (e *Elsewhere) Set(ctx context.Context, a Asking, key string, dropKey, on bool) error {
	if err := org.Require(ctx, org.OrgEdit); err != nil {
		return err
	}
	a.Address, a.Model = strings.TrimSpace(a.Address), strings.TrimSpace(a.Model)
	if err := a.Check(); err != nil {
		return err
	}
	if len(key) > 2000 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return problem.New(problem.Invalid, "enrich.far.no_key").On("key")
	}
	return e.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		was, err := e.read(ctx, q)
		if err != nil {
			return err
		}
		secret := was.secret
		if dropKey || was.Host() != (remote.Endpoint{URL: a.Address}).Host() {
			secret = ""
		}
		if key != "" {
			secret = e.box.Seal(bound, []byte(key))
		}
		since := was.Since
		if !on {
			since = time.Time{}
		} else if !was.On() || was.Host() != (remote.Endpoint{URL: a.Address}).Host() || was.Model != a.Model {
			since = e.now()
		}
		if err := db.Insert(ctx, q, "enrich_remote (id, address, kind, model, secret, heads, labels, every, private, batch, requests, characters, on_since)",
			[][]any{{"remote", a.Address, a.Kind, a.Model, secret, strings.Join(a.Heads, ","), a.Labels, db.B(a.Every), db.B(a.Private), a.Batch, a.Requests, a.Characters, db.T(since)}},
			`ON CONFLICT (id) DO UPDATE SET address = excluded.address, kind = excluded.kind, model = excluded.model, secret = excluded.secret, heads = excluded.heads,
			labels = excluded.labels, every = excluded.every, private = excluded.private, batch = excluded.batch, requests = excluded.requests,
			characters = excluded.characters, on_since = excluded.on_since, failures = 0, stopped = '', retry_at = NULL`); err != nil {
			return fmt.Errorf("keep how a model elsewhere is asked: %w", err)
		}
		return e.org.Audit(ctx, q, "model.elsewhere", "organisation", map[string]any{"host": remote.Endpoint{URL: a.Address}.Host(), "model": a.Model, "on": on,
			"every": a.Every, "private": a.Private, "requests": a.Requests, "characters": a.Characters})
	})
}

// name is who says it in the ledger.
func (f Far) name() string {
	if f.Model != "" {
		return "model:" + f.Model
	}
	return "model:" + f.Host()
}

// failed waits longer after each failure, as long as the endpoint asks for, and stops after several, or at once when the key is refused.
func (e *Elsewhere) failed(ctx context.Context, f Far, cause error) error {
	now := e.now()
	n, stopped := f.failures+1, ""
	wait := min(time.Minute<<min(f.failures, 6), time.Hour)
	var status *remote.Status
	refused := errors.As(cause, &status)
	switch {
	case refused && status.After > 0 && (status.Code == http.StatusTooManyRequests || status.Code == http.StatusServiceUnavailable):
		n, wait = f.failures, status.After // it is busy, not broken
	case refused && (status.Code == http.StatusUnauthorized || status.Code == http.StatusForbidden), errors.Is(cause, seal.ErrSealed):
		stopped = "enrich.far.stopped_key"
	case n >= tooOften && errors.Is(cause, remote.ErrAnswer):
		stopped = "enrich.far.stopped_answers"
	case n >= tooOften && refused:
		stopped = "enrich.far.stopped_status"
	case n >= tooOften:
		stopped = "enrich.far.stopped_reach"
		var p *problem.Problem
		if errors.As(cause, &p) && p.Key == "outside.private" {
			stopped = "enrich.far.stopped_private"
		}
	}
	e.log.Warn("a model elsewhere could not be asked", "host", f.Host(), "failures", n, "stopped", stopped != "", "error", cause)
	_, err := e.exec(ctx, "UPDATE enrich_remote SET failures = $1, retry_at = $2, stopped = $3 WHERE id = 'remote'", n, db.T(now.Add(wait)), stopped)
	return err
}

// tooOften is how many failures in a row stop it.
const tooOften = 5
