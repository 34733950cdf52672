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

// Config is what the operator sets by flags or ENTENTE_* variables.
type Config struct {
	Data         string   `help:"Folder of the embedded database, the sealing key and uploads." default:"./data" env:"ENTENTE_DATA" type:"path"`
	DatabaseURL  string   `help:"PostgreSQL to use instead of the embedded database: postgres://user:password@host/name." env:"ENTENTE_DATABASE_URL"`
	Listen       string   `help:"Address to listen on." default:"127.0.0.1:8080" env:"ENTENTE_LISTEN"`
	PublicURL    string   `help:"Address under which people reach it, such as https://entente.example.org. Default: http:// and the listening address." env:"ENTENTE_PUBLIC_URL"`
	SecretKey    string   `help:"Sealing key, 32 bytes in base64. Default: a file secret.key in the data folder, made on first use." env:"ENTENTE_SECRET_KEY"`
	SMTP         string   `help:"Mail server for invitations and password resets: smtp://user:password@host:587 or smtps://…" env:"ENTENTE_SMTP" name:"smtp"`
	MailFrom     string   `help:"Sender of these mails." env:"ENTENTE_MAIL_FROM"`
	AllowPrivate bool     `help:"Let channels reach private and loopback addresses. Only where everybody who may add channels is trusted with your network." env:"ENTENTE_ALLOW_PRIVATE"`
	Proxies      []string `help:"Addresses of proxies whose X-Forwarded-For is believed, such as 127.0.0.1/32." env:"ENTENTE_PROXIES"`
	LogLevel     string   `help:"debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"ENTENTE_LOG_LEVEL"`
	LogFormat    string   `help:"text or json." default:"text" enum:"text,json" env:"ENTENTE_LOG_FORMAT"`
	Chromium     string   `help:"Chromium that makes PDF and PNG files. Default: chromium, chromium-browser or google-chrome in the path; none for no such files." env:"ENTENTE_CHROMIUM"`
	Metrics      string   `help:"Address for Prometheus metrics, such as 127.0.0.1:9090. Default: none." env:"ENTENTE_METRICS"`
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
