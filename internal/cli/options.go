package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/entente/entente/internal/config"
)

// options gives every command the settings of the installation. Each has a variable too: --public-url is ENTENTE_PUBLIC_URL.
func options(f *pflag.FlagSet, c *config.Config) {
	f.StringVar(&c.Data, "data", "./data", "Folder of the embedded database, the sealing key and uploads.")
	f.StringVar(&c.DatabaseURL, "database-url", "", "PostgreSQL to use instead of the embedded database: postgres://user:password@host/name.")
	f.StringVar(&c.Listen, "listen", "127.0.0.1:8080", "Address to listen on.")
	f.StringVar(&c.PublicURL, "public-url", "", "Address under which people reach it, such as https://entente.example.org. Default: http:// and the listening address.")
	f.StringVar(&c.SecretKey, "secret-key", "", "Sealing key, 32 bytes in base64. Default: a file secret.key in the data folder, made on first use.")
	f.StringVar(&c.SMTP, "smtp", "", "Mail server for invitations and password resets: smtp://user:password@host:587 or smtps://…")
	f.StringVar(&c.MailFrom, "mail-from", "", "Sender of these mails.")
	f.BoolVar(&c.AllowPrivate, "allow-private", false, "Let channels reach private and loopback addresses. Only where everybody who may add channels is trusted with your network.")
	f.StringSliceVar(&c.Proxies, "proxies", nil, "Addresses of proxies whose X-Forwarded-For is believed, such as 127.0.0.1/32.")
	f.StringVar(&c.LogLevel, "log-level", "info", "debug, info, warn or error.")
	f.StringVar(&c.LogFormat, "log-format", "text", "text or json.")
	f.StringVar(&c.Chromium, "chromium", "", "Chromium that makes PDF and PNG files. Default: chromium, chromium-browser or google-chrome in the path; none for no such files.")
	f.StringVar(&c.Metrics, "metrics", "", "Address for Prometheus metrics, such as 127.0.0.1:9090. Default: none.")
	f.VisitAll(func(o *pflag.Flag) { o.Usage += " [$" + variable(o.Name) + "]" })
}

func variable(option string) string {
	return "ENTENTE_" + strings.ToUpper(strings.ReplaceAll(option, "-", "_"))
}

// settle takes from the environment what the command line did not say, and refuses what makes no sense.
func settle(f *pflag.FlagSet, c *config.Config) error {
	var wrong error
	f.VisitAll(func(o *pflag.Flag) {
		if !strings.HasSuffix(o.Usage, "[$"+variable(o.Name)+"]") || o.Changed || wrong != nil {
			return
		}
		if v := os.Getenv(variable(o.Name)); v != "" {
			if err := f.Set(o.Name, v); err != nil {
				wrong = fmt.Errorf("%s: %w", variable(o.Name), err)
			}
		}
	})
	if wrong != nil {
		return wrong
	}
	if err := oneOf("log-level", c.LogLevel, "debug", "info", "warn", "error"); err != nil {
		return err
	}
	return oneOf("log-format", c.LogFormat, "text", "json")
}

func oneOf(option, value string, known ...string) error {
	if !slices.Contains(known, value) {
		return fmt.Errorf("--%s is %q, and must be one of %s", option, value, strings.Join(known, ", "))
	}
	return nil
}
