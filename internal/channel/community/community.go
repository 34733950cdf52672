// Package community decides how an answer from the inbox gets into a thread of a community of this installation: what is to be said comes
// in, a receipt for the post that is stated with it goes out; nothing leaves the program.
package community

import (
	"context"
	"strings"

	"github.com/entente/entente/internal/channel"
)

// Kind is the kind of the channels of communities.
const Kind = "community"

// Connector is the connector of communities.
type Connector struct{}

// New makes the connector.
func New() Connector { return Connector{} }

// Describe says what it can do: an answer is read by whom the post is for, everybody or members. Each community makes its own channel; nobody adds one by hand.
func (Connector) Describe() channel.Description {
	return channel.Description{Kind: Kind, Icon: "messages-square", Can: channel.Replies | channel.PublicReply | channel.PrivateReply, Says: "answer", Internal: true, Within: true,
		Fields: []channel.Field{{Name: "url", Type: channel.URL}}}
}

// Open opens it; the setting url is the address of the community.
func (Connector) Open(s channel.Settings, w channel.World) (channel.Session, error) {
	return session{strings.TrimRight(s["url"], "/"), w}, nil
}

type session struct {
	url   string
	world channel.World
}

func (session) Check(context.Context) (channel.Health, error) { return channel.Health{}, nil }

func (session) Close() error { return nil }

// Send gives the receipt with which the channel states the post: that statement is what puts it into the thread, in the transaction in
// which the sending is concluded. Its id there is the key of the sending, so that it is there once however often this is called.
func (s session) Send(_ context.Context, out channel.Outgoing) (channel.Receipt, error) {
	r := channel.Receipt{ExternalID: out.Key, At: s.world.Clock()}
	if s.url != "" {
		r.URL = s.url + "/p/" + out.Key
	}
	return r, nil
}

// Find knows that what was begun can be concluded: the statement is known by the key.
func (s session) Find(ctx context.Context, out channel.Outgoing) (channel.Receipt, bool, error) {
	r, err := s.Send(ctx, out)
	return r, err == nil, err
}
