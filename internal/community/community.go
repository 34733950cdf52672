// Package community decides who meets where: branded places with their own audience, look and address, their spaces and groups, and what is
// said in them; members, forms and posts come in, what each may see goes out, and all that is said is stated in the ledger.
package community

import (
	"context"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Service keeps communities. It is safe for concurrent use.
type Service struct {
	db       *db.DB
	ledger   *ledger.Ledger
	channels *channel.Service
	org      *org.Service
	log      *slog.Logger
	clock    func() time.Time
	ids      id.Maker

	maps   db.Kept[*Map]
	ties   db.Kept[[]Membership]
	kindly db.Kept[[]string]

	inbox *inbox.Service // may be nil

	whole     chan struct{} // held by the one search that counts all
	searching atomic.Int32  // searches under way and waiting
	searches  chan struct{} // held by searches under way

	talk   // of threads
	herald // of notices
}

// New makes the service.
func New(d *db.DB, l *ledger.Ledger, c *channel.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, ledger: l, channels: c, org: o, log: log, clock: clock, whole: make(chan struct{}, 1), searches: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// Now is the service's clock, exact to what the database keeps.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

func (s *Service) newID() string { return s.ids.Make(s.Now()) }

func notFound() error { return problem.New(problem.Missing, "problem.not_found") }

// edit runs a change: the permission, the transaction and the audit entry are the same for all.
func (s *Service) edit(ctx context.Context, p org.Permission, action, object string, details any, do func(ctx context.Context, q db.Q) error) error {
	if err := org.Require(ctx, p); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := do(ctx, q); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, action, object, details)
	})
}

// Texts is one text in several languages.
type Texts map[string]string

// In is the text in the language, else in the first of the others that has one.
func (t Texts) In(lang string, others ...string) string {
	if text := t[lang]; text != "" {
		return text
	}
	for _, l := range others {
		if text := t[l]; text != "" {
			return text
		}
	}
	return ""
}

// cleaned is the texts of the languages, trimmed, without empty ones.
func (t Texts) cleaned(langs []string) Texts {
	out := Texts{}
	for _, l := range langs {
		if text := TextOf(t[l]); text != "" {
			out[l] = text
		}
	}
	return out
}
