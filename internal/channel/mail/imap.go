package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/sorting"
)

// box is a connection to a mailbox that somebody signed in to.
type box struct {
	*imapclient.Client
	conn        *bounded
	caps        imap.CapSet
	uidValidity uint32
	uidNext     imap.UID
	count       uint32
	pending     []imap.UIDRange // what was found and not yet read, in order
	pendingFrom imap.UID        // pending is what comes after this one
}

func (b *box) close() { _ = b.Client.Close() }

// during closes the connection when ctx ends before the function it returns is called: the client has no other way to give up waiting.
func (b *box) during(ctx context.Context) (done func()) {
	stop := context.AfterFunc(ctx, func() { _ = b.conn.Close() })
	return func() { stop() }
}

// sign connects and signs in. told, when not nil, is called when the number of messages changes.
func (s *session) sign(ctx context.Context, told func()) (*box, error) {
	conn, err := s.dial(ctx, s.imap)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerFor)
	defer cancel()
	b := &box{conn: conn}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	opts := &imapclient.Options{TLSConfig: s.tls(s.imap), UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if told != nil && d.NumMessages != nil {
				told()
			}
		},
	}}
	if s.imap.security == securityStartTLS {
		if b.Client, err = imapclient.NewStartTLS(conn, opts); err != nil {
			conn.Close()
			return nil, fault(secureKind(err), fmt.Errorf("secure the connection to %s: %w", s.imap.address(), err))
		}
	} else {
		b.Client = imapclient.New(conn, opts)
	}
	if err := b.WaitGreeting(); err != nil {
		b.close()
		return nil, fault(secureKind(err), fmt.Errorf("greet %s: %w", s.imap.address(), err))
	}
	if b.State() == imap.ConnStateNotAuthenticated {
		if err := b.signIn(s.imap); err != nil {
			b.close()
			return nil, signFault(fmt.Errorf("sign in to %s: %w", s.imap.address(), err))
		}
	}
	b.caps = b.Caps()
	return b, nil
}

func (b *box) signIn(to server) error {
	caps := b.Caps()
	switch {
	case caps.Has(imap.AuthCap("PLAIN")):
		err := b.Authenticate(sasl.NewPlainClient("", to.user, to.password))
		var said *imap.Error
		if err == nil || !errors.As(err, &said) || said.Type != imap.StatusResponseTypeBad {
			return err
		}
		return b.Login(to.user, to.password).Wait()
	case caps.Has(imap.CapLoginDisabled):
		return errors.New("the server wants the connection encrypted first")
	}
	return b.Login(to.user, to.password).Wait()
}

func signFault(err error) error {
	var said *imap.Error
	if !errors.As(err, &said) {
		return fault(secureKind(err), err)
	}
	switch said.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeServerBug, imap.ResponseCodeInUse:
		return fault(channel.Temporary, err)
	case imap.ResponseCodeLimit:
		return fault(channel.Throttled, err)
	}
	if strings.Contains(strings.ToLower(said.Text), "too many") {
		return fault(channel.Throttled, err)
	}
	return fault(channel.Unauthorised, err)
}

// open selects a folder for reading only, so that nothing is ever marked as seen.
func (b *box) open(ctx context.Context, folder string) error {
	ctx, cancel := context.WithTimeout(ctx, answerFor)
	defer cancel()
	defer b.during(ctx)()
	b.conn.allow(4 << 20)
	data, err := b.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		err = fmt.Errorf("open the folder %q: %w", folder, err)
		var said *imap.Error
		if !errors.As(err, &said) {
			return fault(channel.Temporary, err)
		}
		switch {
		case said.Code == imap.ResponseCodeNonExistent || strings.Contains(strings.ToLower(said.Text), "exist") || strings.Contains(strings.ToLower(said.Text), "no such"):
			return fault(channel.Gone, err)
		case said.Code == imap.ResponseCodeNoPerm:
			return fault(channel.Unauthorised, err)
		}
		return fault(channel.Temporary, err)
	}
	b.uidValidity, b.uidNext, b.count = data.UIDValidity, data.UIDNext, data.NumMessages
	return nil
}

// find lists what comes after a message, without expanding what a server claims to have.
func (b *box) find(ctx context.Context, after imap.UID) error {
	ctx, cancel := context.WithTimeout(ctx, answerFor)
	defer cancel()
	defer b.during(ctx)()
	b.conn.allow(32 << 20)
	b.pending, b.pendingFrom = nil, after
	var set imap.UIDSet
	set.AddRange(after+1, 0)
	data, err := b.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil).Wait()
	if err != nil {
		return fault(channel.Temporary, fmt.Errorf("look for messages after %d: %w", after, err))
	}
	found, _ := data.All.(imap.UIDSet)
	for _, r := range found {
		// "n:*" always names the last message, even when it comes before n.
		if r.Start > r.Stop {
			r.Start, r.Stop = r.Stop, r.Start
		}
		if r.Start <= after {
			r.Start = after + 1
		}
		if b.uidNext != 0 && r.Stop >= b.uidNext {
			// What came since the folder was opened is left for the next time, and no claim of a server makes us count to its end.
			r.Stop = b.uidNext - 1
		}
		if r.Start <= r.Stop && r.Start != 0 {
			b.pending = append(b.pending, r)
		}
	}
	sorting.Func(b.pending, func(x, y imap.UIDRange) int { return cmp.Compare(x.Start, y.Start) })
	return nil
}

// next takes up to n messages off what is pending.
func (b *box) next(n int) []imap.UID {
	var out []imap.UID
	last := b.pendingFrom
	for len(b.pending) > 0 && len(out) < n {
		r := &b.pending[0]
		if r.Start <= last {
			if r.Stop <= last {
				b.pending = b.pending[1:]
				continue
			}
			r.Start = last + 1
		}
		out = append(out, r.Start)
		last = r.Start
		if r.Start == r.Stop {
			b.pending = b.pending[1:]
		} else {
			r.Start++
		}
	}
	return out
}

// Check signs in where mail comes from and where it goes.
func (s *session) Check(ctx context.Context) (channel.Health, error) {
	b, err := s.sign(ctx, nil)
	if err != nil {
		return channel.Health{}, err
	}
	defer b.close()
	if err := b.open(ctx, s.folder); err != nil {
		return channel.Health{}, err
	}
	if s.smtp.host != "" {
		c, err := s.post(ctx)
		if err != nil {
			return channel.Health{}, err
		}
		_ = c.Quit()
		c.close()
	}
	return channel.Health{Title: s.from}, nil
}

// Watch tells of new messages: at once by IDLE, or where the server does not know it, by asking each minute.
func (s *session) Watch(ctx context.Context, changed func()) error {
	told := make(chan struct{}, 1)
	b, err := s.sign(ctx, func() {
		select {
		case told <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.open(ctx, s.folder); err != nil {
		return err
	}
	defer b.during(ctx)()
	changed() // what came before we looked
	broken := func(err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = errors.New("the server closed the connection")
		}
		return fault(channel.Temporary, fmt.Errorf("watch %s: %w", s.imap.address(), err))
	}
	for {
		b.conn.allow(1 << 20)
		cycle := s.pollFor
		var idle *imapclient.IdleCommand
		guard := time.AfterFunc(answerFor, func() { _ = b.conn.Close() })
		if b.caps.Has(imap.CapIdle) || b.caps.Has(imap.CapIMAP4rev2) {
			cycle = s.idleFor
			if idle, err = b.Idle(); err != nil {
				guard.Stop()
				return broken(err)
			}
		} else if err := b.Noop().Wait(); err != nil {
			guard.Stop()
			return broken(err)
		}
		guard.Stop()
		timer := time.NewTimer(cycle)
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				timer.Stop()
				return ctx.Err()
			case <-b.Closed():
				timer.Stop()
				return broken(nil)
			case <-told:
				changed()
			case <-timer.C:
				waiting = false
			}
		}
		if idle != nil {
			guard = time.AfterFunc(answerFor, func() { _ = b.conn.Close() })
			err := idle.Close()
			if err == nil {
				err = idle.Wait()
			}
			guard.Stop()
			if err != nil {
				return broken(err)
			}
		}
	}
}

// Find looks for a message that we may have sent, in the folder of sent messages and in the one we read. Not finding it proves nothing.
func (s *session) Find(ctx context.Context, out channel.Outgoing) (channel.Receipt, bool, error) {
	id := s.idOf(out.Key)
	b, err := s.sign(ctx, nil)
	if err != nil {
		return channel.Receipt{}, false, err
	}
	defer b.close()
	ctx, cancel := context.WithTimeout(ctx, 2*answerFor)
	defer cancel()
	defer b.during(ctx)()
	for _, folder := range append(b.sentFolders(), s.folder) {
		if err := b.open(ctx, folder); err != nil {
			continue
		}
		b.conn.allow(1 << 20)
		data, err := b.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}}, nil).Wait()
		if err != nil {
			var said *imap.Error
			if errors.As(err, &said) {
				continue
			}
			return channel.Receipt{}, false, fault(channel.Temporary, fmt.Errorf("look for %s: %w", id, err))
		}
		if set, ok := data.All.(imap.UIDSet); ok && len(set) > 0 {
			return channel.Receipt{ExternalID: id, At: s.world.Clock()}, true, nil
		}
	}
	return channel.Receipt{}, false, nil
}

// sentFolders lists the folders that hold what was sent: those marked so (RFC 6154), else those named so.
func (b *box) sentFolders() []string {
	b.conn.allow(4 << 20)
	opts := &imap.ListOptions{}
	if b.caps.Has(imap.CapSpecialUse) {
		opts.ReturnSpecialUse = b.caps.Has(imap.CapListExtended)
	}
	list, err := b.List("", "*", opts).Collect()
	if err != nil {
		return nil
	}
	var marked, named []string
	for _, f := range list[:min(len(list), 1000)] {
		for _, a := range f.Attrs {
			if a == imap.MailboxAttrSent {
				marked = append(marked, f.Mailbox)
			}
		}
		name := f.Mailbox
		if f.Delim != 0 {
			name = name[strings.LastIndexByte(name, byte(f.Delim))+1:]
		}
		switch strings.ToLower(name) {
		case "sent", "sent items", "sent messages", "sent mail", "envoyés", "éléments envoyés", "messages envoyés", "courrier envoyé":
			named = append(named, f.Mailbox)
		}
	}
	if len(marked) > 0 {
		return marked
	}
	return named[:min(len(named), 3)]
}
