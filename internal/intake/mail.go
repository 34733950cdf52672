package intake

import (
	"bufio"
	"bytes"
	"context"
	"io"
	netmail "net/mail"
	"strings"

	"github.com/entente/entente/internal/channel/mail"
)

// mboxFormat reads mailbox files, emlFormat one mail a file.
type (
	mboxFormat struct{}
	emlFormat  struct{}
)

func (mboxFormat) Describe() Description {
	return Description{Name: "mbox", Extensions: []string{".mbox", ".mbx"}, Posts: true, Folder: true, Fields: []string{"inbox", "own"}}
}

func (f mboxFormat) Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error {
	own := mail.NewOwn(opts.Own)
	return each(ctx, src, src.matching(f.Describe().Extensions), emit, func(name string, r io.Reader) error {
		return mail.ReadMbox(r, func(offset int64, raw []byte) error {
			return emit(letter(ctx, Place{name, Byte, offset}, raw, own, &opts))
		})
	})
}

func (emlFormat) Describe() Description {
	return Description{Name: "eml", Extensions: []string{".eml"}, Posts: true, Folder: true, Fields: []string{"inbox", "own"}}
}

func (f emlFormat) Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error {
	own := mail.NewOwn(opts.Own)
	names := src.matching(f.Describe().Extensions)
	if len(names) == 0 {
		names = maildir(src)
	}
	return each(ctx, src, names, emit, func(name string, r io.Reader) error {
		raw, err := io.ReadAll(io.LimitReader(r, mail.MaxMessage+1))
		if err != nil {
			return err
		}
		return emit(letter(ctx, Place{File: name}, raw, own, &opts))
	})
}

// maildir lists the mails of a folder as mail servers keep it: below cur and new, without extension.
func maildir(src *Source) []string {
	var out []string
	for _, n := range src.Names() {
		parts := strings.Split(n, "/")
		if len(parts) == 1 || parts[len(parts)-2] == "cur" || parts[len(parts)-2] == "new" {
			if base := parts[len(parts)-1]; !strings.HasPrefix(base, "dovecot") && !strings.Contains(base, "maildirfolder") && base != "subscriptions" {
				out = append(out, n)
			}
		}
	}
	return out
}

func letter(ctx context.Context, place Place, raw []byte, own mail.Own, opts *Options) Row {
	m, err := mail.Parse(raw, opts.read(), own)
	if err != nil {
		return refusedBy(place, err, firstHeader(raw, "Subject"))
	}
	item := m.Item()
	if item.Ours && item.Automatic == "" {
		// Several people write from one address: Sender says who it was.
		for _, field := range []string{"Sender", "From"} {
			a, err := netmail.ParseAddress(firstHeader(raw, field))
			if err != nil {
				continue
			}
			if item.Member = opts.member(ctx, strings.ToLower(a.Address)); item.Member != "" {
				break
			}
		}
	}
	opts.finish(&item, true)
	return Row{Place: place, Item: &item}
}

// firstHeader is the first value of a header field on one line, "" when there is none in the first 64 kB.
func firstHeader(raw []byte, name string) string {
	s := bufio.NewScanner(bytes.NewReader(raw[:min(len(raw), 64<<10)]))
	s.Buffer(nil, 64<<10)
	value, inside := "", false
	for s.Scan() {
		line := s.Text()
		if strings.TrimSpace(line) == "" {
			break
		}
		if inside {
			if line[0] != ' ' && line[0] != '\t' {
				break
			}
			value += " " + strings.TrimSpace(line)
			continue
		}
		field, rest, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(strings.TrimSpace(field), name) {
			value, inside = strings.TrimSpace(rest), true
		}
	}
	return value
}
