package channel

import (
	"encoding/json"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/entente/entente/internal/problem"
)

const (
	maxSetting = 2000
	maxSecret  = 20000
)

// checked fills in defaults and checks settings by the connector's fields; a problem names the field. Secrets that are in kept need not
// be given again.
func (d Description) checked(given, kept Settings) (Settings, error) {
	for name := range given {
		if !slices.ContainsFunc(d.Fields, func(f Field) bool { return f.Name == name }) {
			return nil, problem.New(problem.Invalid, "channel.unknown_setting", "Name", clean(name, 60)).On(name)
		}
	}
	out := Settings{}
	for _, f := range d.Fields {
		v := given[f.Name]
		if f.Type != Secret {
			v = strings.TrimSpace(v)
		}
		if v == "" && f.Type == Secret {
			v = kept[f.Name]
		}
		if _, said := given[f.Name]; v == "" && !said {
			v = f.Default
		}
		if v == "" {
			if f.Required {
				return nil, problem.New(problem.Invalid, "problem.required").On(f.Name)
			}
			continue
		}
		v, err := f.accept(v)
		if err != nil {
			return nil, err
		}
		if v != "" {
			out[f.Name] = v
		}
	}
	return out, nil
}

// accept checks one value and gives its usual form.
func (f Field) accept(v string) (string, error) {
	limit := maxSetting
	if f.Type == Secret {
		limit = maxSecret
	}
	if len(v) > limit {
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", limit).On(f.Name)
	}
	refuse := func(key string) (string, error) { return "", problem.New(problem.Invalid, key).On(f.Name) }
	if strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) {
		return refuse("channel.bad_text")
	}
	switch f.Type {
	case URL:
		if !strings.Contains(v, "://") {
			v = "https://" + v
		}
		u, err := url.Parse(v)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
			return refuse("channel.bad_url")
		}
	case Host:
		host, port, err := net.SplitHostPort(v)
		if err != nil {
			host, port = v, ""
		}
		if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) {
			return refuse("channel.bad_host")
		}
		if host == "" || strings.ContainsAny(host, " /@?#\\") || strings.Contains(host, ":") && net.ParseIP(strings.Trim(host, "[]")) == nil {
			return refuse("channel.bad_host")
		}
	case Number:
		if _, err := strconv.ParseInt(v, 10, 64); err != nil {
			return refuse("channel.bad_number")
		}
	case Choice:
		if !slices.Contains(f.Choices, v) {
			return refuse("channel.bad_choice")
		}
	case Switch:
		switch v {
		case "true", "on", "1", "yes":
			return "true", nil
		case "false", "off", "0", "no":
			return "", nil
		}
		return refuse("channel.bad_choice")
	case Mail:
		a, err := mail.ParseAddress(v)
		if err != nil || !strings.Contains(a.Address, "@") {
			return refuse("channel.bad_mail")
		}
	}
	return v, nil
}

// split parts settings from secrets.
func (d Description) split(all Settings) (open, secret Settings) {
	open, secret = Settings{}, Settings{}
	for _, f := range d.Fields {
		v, ok := all[f.Name]
		switch {
		case !ok:
		case f.Type == Secret:
			secret[f.Name] = v
		default:
			open[f.Name] = v
		}
	}
	return open, secret
}

// moves reports whether the settings now reach another machine than before.
func (d Description) moves(before, now Settings) bool {
	for _, f := range d.Fields {
		if (f.Type == URL || f.Type == Host) && hostOf(before[f.Name]) != hostOf(now[f.Name]) {
			return true
		}
	}
	return false
}

// exposes reports whether the settings now reach another machine than before, or the same less safely: kept secrets must not be sent
// there unasked.
func (d Description) exposes(before, now Settings) bool {
	return d.moves(before, now) || slices.ContainsFunc(d.Fields, func(f Field) bool {
		return f.Guards && rank(f.Choices, or(now[f.Name], f.Default)) > rank(f.Choices, or(before[f.Name], f.Default))
	})
}

// rank is the place of a choice, the last when it is none of them.
func rank(choices []string, v string) int {
	if i := slices.Index(choices, v); i >= 0 {
		return i
	}
	return len(choices)
}

func hostOf(v string) string {
	if u, err := url.Parse(v); err == nil && u.Host != "" {
		return strings.ToLower(u.Scheme + "://" + u.Host)
	}
	return strings.ToLower(v)
}

// machine is the host that the channel's settings name first, for politeness towards it; "" when none does.
func (d Description) machine(set Settings) string {
	for _, f := range d.Fields {
		v := set[f.Name]
		if v == "" {
			continue
		}
		if f.Type == URL {
			if u, err := url.Parse(v); err == nil {
				return strings.ToLower(u.Host)
			}
		}
		if f.Type == Host {
			if host, _, err := net.SplitHostPort(v); err == nil {
				return strings.ToLower(host)
			}
			return strings.ToLower(v)
		}
	}
	return ""
}

func bound(channel string) string { return "channel:" + channel }

func (s *Service) seal(channel string, secrets Settings) string {
	if len(secrets) == 0 {
		return ""
	}
	raw, err := json.Marshal(secrets)
	if err != nil {
		panic(fmt.Sprintf("secrets of a channel: %v", err)) // texts always marshal
	}
	return s.box.Seal(bound(channel), raw)
}

func (s *Service) unseal(channel, sealed string) (Settings, error) {
	out := Settings{}
	if sealed == "" {
		return out, nil
	}
	raw, err := s.box.Open(bound(channel), sealed)
	if err != nil {
		return nil, problem.New(problem.Invalid, "channel.sealed").Because(err)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, problem.New(problem.Invalid, "channel.sealed").Because(err)
	}
	return out, nil
}

// opened is all settings of a channel, secrets among them.
func (s *Service) opened(a *Account) (Settings, error) {
	out, err := s.unseal(a.ID, a.sealed)
	if err != nil {
		return nil, err
	}
	for name, v := range a.Settings {
		out[name] = v
	}
	return out, nil
}
