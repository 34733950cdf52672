// Package org decides who may do what in the organisation: members with roles, sessions and tokens come in as secrets and go out as a
// Member; every change of state leaves an audit entry; the organisation and the settings of all modules are kept here.
package org

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
)

// Service keeps the organisation and its members. It is safe for concurrent use.
type Service struct {
	db     *db.DB
	log    *slog.Logger
	clock  func() time.Time
	mailer Mailer
	url    string
	ids    id.Maker
	vault  *vault
	setUp  atomic.Bool
	behind sync.WaitGroup
	turns  chan struct{}

	// Every page asks for these.
	sessions      db.Kept[signedIn]
	organisations db.Kept[Organisation]
	lists         db.Kept[[]Member]
	found         db.Kept[*Member]
	settings      db.Kept[string]
}

// Option changes how a Service is made.
type Option func(*Service)

// WithMailer lets the service send mail. Without it, links are handed to whoever asked for them.
func WithMailer(m Mailer) Option { return func(s *Service) { s.mailer = m } }

// WithURL gives the address of this installation that holds while the organisation has none of its own.
func WithURL(url string) Option { return func(s *Service) { s.url = strings.TrimRight(url, "/") } }

// New makes the service; clock is time.Now outside tests.
func New(d *db.DB, log *slog.Logger, clock func() time.Time, options ...Option) *Service {
	s := &Service{db: d, log: log, clock: clock, vault: newVault(hashMemory), turns: make(chan struct{}, maxBehind)}
	for _, o := range options {
		o(s)
	}
	return s
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

func (s *Service) newID() string { return s.ids.Make(s.now()) }

// Wait returns when everything begun behind answers already given (mails) is done, or ctx ends. Call it before closing the database.
func (s *Service) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		s.behind.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
