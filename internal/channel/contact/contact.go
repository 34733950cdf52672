// Package contact decides how an answer from the inbox reaches whoever wrote through a form or a widget of ours: what is to be said comes in, a
// receipt for the post that is stated with it goes out; a copy by mail is the work of package internal/contact.
package contact

import (
	"context"
	"errors"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/problem"
)

// Kind is the kind of the channels of contact points.
const Kind = "contact"

// Connector is the connector of contact points.
type Connector struct{}

// New makes the connector.
func New() Connector { return Connector{} }

// Describe says what it can do: all is between them and us. Each contact point makes its own channel; nobody adds one by hand. The setting mail is
// the channel that answers go out through, live is set where answers can be read on the page too.
func (Connector) Describe() channel.Description {
	return channel.Description{Kind: Kind, Icon: "message-circle", Can: channel.Replies | channel.PrivateReply, Direct: true, Internal: true, Within: true,
		Fields: []channel.Field{{Name: "mail", Type: channel.Text}, {Name: "live", Type: channel.Switch}}}
}

// Open opens it.
func (Connector) Open(s channel.Settings, w channel.World) (channel.Session, error) {
	return session{s["mail"] == "" && s["live"] == "", w}, nil
}

type session struct {
	deaf  bool // no way leads back to whoever wrote
	world channel.World
}

func (session) Check(context.Context) (channel.Health, error) { return channel.Health{}, nil }

func (session) Close() error { return nil }

// Send gives the receipt with which the channel states the post. Its id there is the key of the sending, so that it is there once however often
// this is called.
func (s session) Send(_ context.Context, out channel.Outgoing) (channel.Receipt, error) {
	if s.deaf {
		return channel.Receipt{}, &channel.Fault{Kind: channel.Refused, Err: problem.New(problem.Invalid, "contact.no_way")}
	}
	return channel.Receipt{ExternalID: out.Key, At: s.world.Clock()}, nil
}

// Find knows that what was begun can be concluded: the statement is known by the key.
func (s session) Find(ctx context.Context, out channel.Outgoing) (channel.Receipt, bool, error) {
	r, err := s.Send(ctx, out)
	if fault := (*channel.Fault)(nil); errors.As(err, &fault) {
		return r, false, nil
	}
	return r, err == nil, err
}
