package app

import (
	"context"

	"github.com/entente/entente/internal/channel"
)

// sampleKind is the kind of the channels of the demo that can be answered.
const sampleKind = "sample"

// sampleConnector lets visitors of the demo answer without a mail server: what they send is taken, and goes nowhere.
type sampleConnector struct{}

// Describe says what it can do.
func (sampleConnector) Describe() channel.Description {
	return channel.Description{Kind: sampleKind, Icon: "sparkles", Can: channel.Replies | channel.PublicReply | channel.PrivateReply, Internal: true}
}

// Open opens it; there is nothing to set.
func (sampleConnector) Open(_ channel.Settings, w channel.World) (channel.Session, error) {
	return sampleSession{w}, nil
}

type sampleSession struct{ world channel.World }

func (sampleSession) Check(context.Context) (channel.Health, error) { return channel.Health{}, nil }

func (sampleSession) Close() error { return nil }

// Send takes what is said; the key makes it once.
func (s sampleSession) Send(_ context.Context, out channel.Outgoing) (channel.Receipt, error) {
	return channel.Receipt{ExternalID: "sample-" + out.Key, At: s.world.Clock()}, nil
}

// Find knows that everything arrived.
func (s sampleSession) Find(_ context.Context, out channel.Outgoing) (channel.Receipt, bool, error) {
	return channel.Receipt{ExternalID: "sample-" + out.Key, At: s.world.Clock()}, true, nil
}
