package channeltest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/channeltest"
	"github.com/entente/entente/internal/channel/webhook"
)

func TestWebhook(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Harness{Connector: webhook.New(), Start: func(t *testing.T, now func() time.Time) channeltest.Place {
		var calls atomic.Int64
		return channeltest.Place{
			Settings: webhook.New().Mint(),
			Call: func(settings channel.Settings, ids ...string) (http.Header, []byte) {
				list := make([]map[string]string, len(ids))
				for i, id := range ids {
					list[i] = map[string]string{"id": id, "text": "text of " + id}
				}
				body, err := json.Marshal(list)
				if err != nil {
					t.Fatal(err)
				}
				header := http.Header{}
				if err := webhook.Sign(header, settings["secret"], fmt.Sprint("call", calls.Add(1)), now(), body); err != nil {
					t.Fatal(err)
				}
				return header, body
			},
		}
	}})
}
