// Package all decides which kinds of channel this program knows: the list of connectors comes out.
package all

import (
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/feed"
	"github.com/entente/entente/internal/channel/mail"
	"github.com/entente/entente/internal/channel/webhook"
)

// Connectors lists every connector, in the order in which people choose among them.
func Connectors() []channel.Connector {
	return []channel.Connector{
		feed.New(),
		mail.New(),
		webhook.New(),
	}
}
