package channeltest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

// description checks that a connector says all that pages need, in both languages, and keeps what it promises.
func description(t *testing.T, h Harness) {
	d := h.Connector.Describe()
	if !regexp.MustCompile(`^[a-z][a-z0-9]*$`).MatchString(d.Kind) {
		t.Errorf("kind %q is not a plain word", d.Kind)
	}
	if d.Icon == "" {
		t.Error("it has no icon")
	}
	if d.Can == 0 {
		t.Error("it can do nothing")
	}
	if d.Can.Has(channel.Fetch) != (d.Every > 0) || d.Every < 0 || d.Every > 24*time.Hour {
		t.Errorf("it is fetched every %v", d.Every)
	}
	keys := []string{"channel.kind." + d.Kind}
	seen := map[string]bool{}
	types := []channel.FieldType{channel.Text, channel.URL, channel.Host, channel.Number, channel.Secret, channel.Choice, channel.Switch, channel.Mail}
	for _, f := range d.Fields {
		if seen[f.Name] || !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(f.Name) {
			t.Errorf("field %q is there twice, or is not a plain word", f.Name)
		}
		seen[f.Name] = true
		if !slices.Contains(types, f.Type) {
			t.Errorf("field %s has the type %q", f.Name, f.Type)
		}
		if (f.Type == channel.Choice) != (len(f.Choices) > 0) {
			t.Errorf("field %s of type %s has the choices %v", f.Name, f.Type, f.Choices)
		}
		if f.Type == channel.Choice && f.Default != "" && !slices.Contains(f.Choices, f.Default) {
			t.Errorf("field %s: the default %q is not among its choices", f.Name, f.Default)
		}
		if f.Type == channel.Secret && f.Default != "" {
			t.Errorf("field %s: a secret has a default", f.Name)
		}
		keys = append(keys, "channel."+d.Kind+"."+f.Name)
		for _, c := range f.Choices {
			keys = append(keys, "channel."+d.Kind+"."+f.Name+"."+c)
		}
	}
	for _, lang := range []string{"en", "fr"} {
		known := i18n.Keys(lang)
		for _, key := range keys {
			if _, ok := known[key]; !ok {
				t.Errorf("%s is not said in %s", key, lang)
			}
		}
	}
	s := open(t, h)
	session := s.session(h)
	promise := func(what string, promised, kept bool) {
		t.Helper()
		if promised != kept {
			t.Errorf("%s: promised %v, kept %v", what, promised, kept)
		}
	}
	_, fetcher := session.(channel.Fetcher)
	_, streamer := session.(channel.Streamer)
	_, receiver := session.(channel.Receiver)
	_, sender := session.(channel.Sender)
	promise("fetch", d.Can.Has(channel.Fetch), fetcher)
	promise("stream", d.Can.Has(channel.Stream), streamer)
	promise("receive", d.Can.Has(channel.Receive), receiver)
	promise("send", sends(d.Can), sender)
	if m, ok := h.Connector.(channel.Minter); ok {
		for name := range m.Mint() {
			if !slices.ContainsFunc(d.Fields, func(f channel.Field) bool { return f.Name == name && f.Type == channel.Secret }) {
				t.Errorf("it mints %q, which is no secret of its fields", name)
			}
		}
	}
}

// settings checks that what people type is refused on its field, without a request and without a secret in the words.
func settings(t *testing.T, h Harness) {
	s := open(t, h)
	called := 0
	nobody := func() error { called++; return errors.New("a request was made") }
	world := s.world
	world.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, nobody() }
	world.HTTP = &http.Client{Transport: refusing(nobody)}
	d := h.Connector.Describe()
	try := func(name, value string) error {
		t.Helper()
		set := channel.Settings{}
		for k, v := range s.Settings {
			set[k] = v
		}
		set[name] = value
		session, err := h.Connector.Open(set, world)
		if err == nil {
			session.Close()
		}
		return err
	}
	rubbish := []string{"", " ", "\x00", "a\r\nb: c", "://", "http://", "-1", "999999999999999999999", strings.Repeat("x", 3000), "<script>", "\xff", "例え.テスト"}
	for _, f := range d.Fields {
		for _, value := range rubbish {
			err := try(f.Name, value)
			if err == nil {
				continue
			}
			var p *problem.Problem
			if !errors.As(err, &p) || p.Code != problem.Invalid || p.Field == "" {
				t.Errorf("%s = %.40q: %v, want a problem on a field", f.Name, value, err)
			}
			s.keepsSecrets("the problem with "+f.Name, err.Error())
		}
		if !f.Required {
			continue
		}
		set := channel.Settings{}
		for k, v := range s.Settings {
			if k != f.Name {
				set[k] = v
			}
		}
		_, minted := h.Connector.(channel.Minter)
		_, err := s.service.Add(t.Context(), channel.Draft{Kind: d.Kind, Settings: set})
		if minted && f.Type == channel.Secret {
			if err != nil {
				t.Errorf("without %s, which it makes itself: %v", f.Name, err)
			}
		} else if problem.Of(err).Field != f.Name {
			t.Errorf("without %s: %v, want a problem on it", f.Name, err)
		}
	}
	if called > 0 {
		t.Errorf("Open made %d requests", called)
	}
	kept, err := s.service.Find(t.Context(), s.account.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range kept.Settings {
		s.keepsSecrets("the setting "+name, v)
	}
}

type refusing func() error

func (r refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, r() }

// keepsSecrets checks that text tells none of the channel's secrets.
func (s *stage) keepsSecrets(where, text string) {
	s.t.Helper()
	for _, secret := range s.secrets {
		if strings.Contains(text, secret) {
			s.t.Errorf("%s tells a secret: %.300q", where, text)
		}
	}
}
