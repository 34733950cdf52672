// Package feed decides how RSS, Atom and JSON feeds become posts: addresses and answers of servers come in, new and edited posts go out,
// with the time before which the server does not want to be asked again.
package feed

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/problem"
)

// New is the connector of feeds.
func New() channel.Connector { return connector{} }

type connector struct{}

// Describe says what feeds can do and need.
func (connector) Describe() channel.Description {
	return channel.Description{
		Kind: "feed",
		Icon: "rss",
		Can:  channel.Fetch,
		Fields: []channel.Field{
			{Name: "url", Type: channel.URL, Required: true},
			{Name: "user", Type: channel.Text},
			{Name: "password", Type: channel.Secret},
		},
		Every: 15 * time.Minute,
	}
}

// Open checks the settings; an address without a scheme is taken as https.
func (connector) Open(settings channel.Settings, world channel.World) (channel.Session, error) {
	address, err := Address(settings["url"])
	if err != nil {
		return nil, err
	}
	if world.HTTP == nil {
		return nil, problem.New(problem.Internal, "problem.internal")
	}
	if world.Clock == nil {
		world.Clock = time.Now
	}
	if world.Log == nil {
		world.Log = slog.New(slog.DiscardHandler)
	}
	s := &session{world: world, url: address, user: settings["user"], password: settings["password"]}
	if strings.ContainsAny(s.user, ":\r\n") {
		return nil, problem.New(problem.Invalid, "feed.user_invalid").On("user")
	}
	if s.password != "" && s.user == "" {
		return nil, problem.New(problem.Invalid, "problem.required").On("user")
	}
	return s, nil
}

// Address makes of what people type the address of a feed: feed: and missing schemes are understood. The error is a *problem.Problem on url.
func Address(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", problem.New(problem.Invalid, "problem.required").On("url")
	}
	refused := problem.New(problem.Invalid, "feed.url_invalid").On("url")
	if len(typed) > maxURL {
		return "", refused
	}
	if rest, ok := strings.CutPrefix(typed, "feed:"); ok {
		typed = strings.TrimPrefix(rest, "//")
	}
	if !strings.Contains(typed, "://") {
		typed = "https://" + typed
	}
	u, err := url.Parse(typed)
	if err != nil {
		return "", refused.Because(err)
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(u.Host, " \t") {
		return "", refused
	}
	if u.User != nil { // the address is shown, logged and exported; a password must not be in it
		return "", problem.New(problem.Invalid, "feed.url_password").On("url")
	}
	u.Fragment = ""
	return u.String(), nil
}

type session struct {
	world    channel.World
	url      string
	user     string
	password string
	limits   channel.Limits // as the last answer had them
}

var (
	_ channel.Fetcher = (*session)(nil)
	_ channel.Limiter = (*session)(nil)
)

// Limits are what the server said of them in its last answer.
func (s *session) Limits() channel.Limits { return s.limits }

// Check reads the feed once and gives its title.
func (s *session) Check(ctx context.Context) (channel.Health, error) {
	page, err := s.Fetch(ctx, nil)
	if err != nil {
		return channel.Health{}, err
	}
	return channel.Health{Title: page.Title}, nil
}

// Close has nothing to let go: connections belong to the world's client.
func (s *session) Close() error { return nil }

func (s *session) request(ctx context.Context, address string, c cursor) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, problem.New(problem.Invalid, "feed.url_invalid").On("url").Because(err)
	}
	req.Header.Set("Accept", "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.1")
	if c.ETag != "" {
		req.Header.Set("If-None-Match", c.ETag)
	}
	if c.Modified != "" {
		req.Header.Set("If-Modified-Since", c.Modified)
	}
	// A feed found through a page may live elsewhere: the password is for the place it was given for.
	if s.user != "" && sameOrigin(address, s.url) {
		req.SetBasicAuth(s.user, s.password)
	}
	return req, nil
}

func sameOrigin(a, b string) bool {
	x, err := url.Parse(a)
	if err != nil {
		return false
	}
	y, err := url.Parse(b)
	return err == nil && x.Scheme == y.Scheme && strings.EqualFold(x.Host, y.Host)
}
