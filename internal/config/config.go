// Package config holds the dozen settings that are needed before the database is open; everything else is kept in the database and edited
// on pages.
package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
)

// Config is what the operator sets by flags or ENTENTE_* variables; package cli says what each is for.
type Config struct {
	Data         string
	DatabaseURL  string
	Listen       string
	PublicURL    string
	SecretKey    string
	SMTP         string
	MailFrom     string
	AllowPrivate bool
	Proxies      []string
	LogLevel     string
	LogFormat    string
	Chromium     string
	Metrics      string
}

// Database is the address for db.Open.
func (c *Config) Database() string {
	if c.DatabaseURL != "" {
		return c.DatabaseURL
	}
	return filepath.Join(c.Data, "entente.db")
}

// Public is the public address without a trailing slash.
func (c *Config) Public() string {
	if c.PublicURL == "" {
		return "http://" + c.Listen
	}
	return strings.TrimRight(c.PublicURL, "/")
}

// Secure reports whether people reach it over TLS.
func (c *Config) Secure() bool { return strings.HasPrefix(c.Public(), "https://") }

// Check refuses settings that cannot work.
func (c *Config) Check() error {
	if u, err := url.Parse(c.Public()); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("the public address %q is not http:// or https://", c.PublicURL)
	}
	if _, err := c.ProxyPrefixes(); err != nil {
		return err
	}
	if c.SMTP != "" {
		u, err := url.Parse(c.SMTP)
		if err != nil || u.Host == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
			return fmt.Errorf("the mail server must be smtp://host:port or smtps://host:port")
		}
		if c.MailFrom == "" {
			return fmt.Errorf("a mail server needs the address of the sender too (ENTENTE_MAIL_FROM)")
		}
	}
	return nil
}

// ProxyPrefixes reads Proxies.
func (c *Config) ProxyPrefixes() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range c.Proxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, aerr := netip.ParseAddr(text)
			if aerr != nil {
				return nil, fmt.Errorf("the proxy address %q: %w", text, err)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p)
	}
	return out, nil
}
