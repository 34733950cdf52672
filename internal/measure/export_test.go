package measure

import (
	"context"
	"time"
)

// Directly makes a service read every row itself.
func (s *Service) Directly() { s.direct = true }

// Most bounds how many keys are kept.
func (s *Service) Most(n int) { s.most = n }

// Lately is how long ago a key was asked for at most that is put right at once.
func (s *Service) Lately(d time.Duration) { s.lately = d }

// Rested puts right what rests, as Loop does now and then.
func (s *Service) Rested(ctx context.Context) error {
	s.wakeRested()
	return s.Roll(ctx)
}

// Tell lets other nodes know what was asked for.
func (s *Service) Tell(ctx context.Context) error { return s.tell(ctx) }

// Patience bounds how long posts are searched.
func (s *Service) Patience(d time.Duration) { s.patience = d }

// Forget drops what nobody asks for.
func (s *Service) Forget(ctx context.Context) error { return s.forget(ctx) }

// Rolled is how many readings stood on what is kept, of how many that could.
func (s *Service) Rolled() (rolled, all int64) { return s.store.used.Load(), s.store.asked.Load() }

// Remembered is how many numbers were not estimated anew.
func (s *Service) Remembered() int64 { return s.store.reminded.Load() }

// What is asked for names.
const (
	CampaignLinks = campaignLinks
	Organisations = organisations
)
