package channel

import "context"

// Gate refuses, with a problem that says why, to begin a public service: a channel whose posts come into the inbox and that can answer
// where everybody reads.
type Gate func(ctx context.Context) error

// WithGate has every opening of a public service asked first. Call it once, before the service is used.
func (s *Service) WithGate(gate Gate) *Service {
	s.gate = gate
	return s
}

// mayServe asks the gate when a channel becomes a public service by a change. One that is open already stays so.
func (s *Service) mayServe(ctx context.Context, d Description, was, is Account) error {
	serves := func(a Account) bool {
		return d.Can.Has(PublicReply) && a.Enabled && a.Inbox != InboxNone && a.Inbox != ""
	}
	if s.gate == nil || !serves(is) || serves(was) {
		return nil
	}
	return s.gate(ctx)
}
