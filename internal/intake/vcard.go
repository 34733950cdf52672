package intake

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// cards reads address cards: vCard 2.1 (with quoted-printable and charsets), 3.0 (RFC 2426) and 4.0 (RFC 6350).
type cards struct{}

func (cards) Describe() Description {
	return Description{Name: "vcard", Extensions: []string{".vcf", ".vcard"}, Folder: true, Fields: []string{"encoding", "region"}}
}

const (
	maxCardLine = 1 << 20 // bytes; pictures are longer and not wanted
	maxCard     = 300     // properties
)

func (f cards) Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error {
	return each(ctx, src, src.matching(f.Describe().Extensions), emit, func(name string, r io.Reader) error {
		return readCards(r, opts.Encoding, func(line int64, c card, reason string) error {
			place := Place{name, Line, line}
			if reason != "" {
				return emit(refused(place, reason, c.first("FN")))
			}
			return emit(c.row(place, &opts))
		})
	})
}

// property is one line of a card, unfolded.
type property struct {
	name   string            // upper case, without its group
	params map[string]string // by upper-case name; what has no name is a TYPE
	value  string            // decoded from its transport, not from its escapes
}

type card []property

func (c card) first(name string) string {
	for _, p := range c {
		if p.name == name {
			return p.text()
		}
	}
	return ""
}

func (c card) all(name string) []property {
	var out []property
	for _, p := range c {
		if p.name == name {
			out = append(out, p)
		}
	}
	return out
}

// readCards hands over the cards of a file, each with the line on which it begins, or why it is refused.
func readCards(in io.Reader, label string, each func(line int64, c card, reason string) error) error {
	var r *bufio.Reader
	var err error
	if label == "" { // a card of version 2.1 says property by property what it is written in
		r, err = sniffCards(in)
	} else {
		r, err = decoded(in, label)
	}
	if err != nil {
		return err
	}
	var (
		c       card
		inside  bool
		reason  string
		began   int64
		logical []byte // a property so far
		soft    bool   // it ends in a soft line break
		seen    bool
		nested  int
	)
	add := func() {
		if len(logical) > 0 && len(c) < maxCard {
			if p, ok := parseProperty(logical); ok {
				c = append(c, p)
			} else if reason == "" && len(bytes.TrimSpace(logical)) > 0 {
				reason = "intake.bad_card"
			}
		}
		logical = logical[:0]
	}
	err = lines(r, maxCardLine, func(n int64, line []byte, long bool) error {
		bare := bytes.TrimSpace(line)
		switch {
		case !inside && equal(bare, "BEGIN:VCARD"):
			inside, seen, began, reason, c, nested = true, true, n, "", nil, 0
		case !inside:
			if !seen && len(bare) > 0 && n > 100 {
				return problem.New(problem.Invalid, "intake.not_vcard")
			}
		case soft:
			soft = bytes.HasSuffix(line, []byte("="))
			if len(logical) < maxCardLine {
				logical = append(bytes.TrimSuffix(logical, []byte("=")), line...)
			}
		case len(line) > 0 && (line[0] == ' ' || line[0] == '\t') && len(logical) > 0:
			if len(logical) < maxCardLine {
				logical = append(logical, line[1:]...)
			}
		case equal(bare, "BEGIN:VCARD"): // an agent within, or the end is missing
			add()
			nested++
			if nested > 5 {
				reason = "intake.bad_card"
			}
		case equal(bare, "END:VCARD"):
			add()
			if nested > 0 {
				nested--
				return nil
			}
			inside = false
			return each(began, c, reason)
		default:
			add()
			if nested > 0 || long && !bytes.ContainsAny(line[:min(len(line), 60)], ":") {
				return nil
			}
			logical = append(logical[:0], line...)
			head, _, _ := bytes.Cut(line, []byte(":"))
			soft = bytes.HasSuffix(line, []byte("=")) && bytes.Contains(bytes.ToUpper(head), []byte("QUOTED-PRINTABLE"))
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case inside:
		return each(began, c, "intake.card_open")
	case !seen:
		return problem.New(problem.Invalid, "intake.not_vcard")
	}
	return nil
}

func equal(line []byte, want string) bool {
	return len(line) == len(want) && strings.EqualFold(string(line), want)
}

// parseProperty reads NAME;PARAM=VALUE;PARAM:value.
func parseProperty(line []byte) (property, bool) {
	colon, quoted := -1, false
	for i, b := range line {
		if b == '"' {
			quoted = !quoted
		}
		if b == ':' && !quoted {
			colon = i
			break
		}
	}
	if colon < 1 {
		return property{}, false
	}
	p := property{params: map[string]string{}}
	for i, part := range strings.Split(string(line[:colon]), ";") {
		if i == 0 {
			if dot := strings.LastIndexByte(part, '.'); dot >= 0 {
				part = part[dot+1:]
			}
			p.name = strings.ToUpper(strings.TrimSpace(part))
			continue
		}
		name, value, named := strings.Cut(part, "=")
		name, value = strings.ToUpper(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`)
		if !named {
			switch name {
			case "QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT":
				name, value = "ENCODING", name
			default:
				name, value = "TYPE", name
			}
		}
		if before := p.params[name]; before != "" {
			value = before + "," + value
		}
		p.params[name] = value
	}
	switch p.name {
	case "PHOTO", "LOGO", "SOUND", "KEY", "AGENT", "":
		return p, p.name != ""
	}
	value := line[colon+1:]
	if strings.EqualFold(p.params["ENCODING"], "QUOTED-PRINTABLE") {
		if plain, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(value))); err == nil || len(plain) > 0 {
			value = plain
		}
	}
	if label := p.params["CHARSET"]; label != "" && !utf8.Valid(value) {
		if e, _ := charset.Lookup(label); e != nil {
			if plain, err := e.NewDecoder().Bytes(value); err == nil {
				value = plain
			}
		}
	}
	if !utf8.Valid(value) {
		if plain, err := charmap.Windows1252.NewDecoder().Bytes(value); err == nil {
			value = plain
		}
	}
	p.value = string(value)
	return p, true
}

// text is the value without escapes.
func (p property) text() string {
	return sound(strings.ReplaceAll(unescapeCard(p.value), "\r\n", "\n"))
}

func unescapeCard(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n', 'N':
			b.WriteByte('\n')
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// parts cuts a value at a separator that is not escaped.
func (p property) parts(at byte) []string {
	var out []string
	from := 0
	for i := 0; i < len(p.value); i++ {
		switch p.value[i] {
		case '\\':
			i++
		case at:
			out = append(out, sound(unescapeCard(p.value[from:i])))
			from = i + 1
		}
	}
	return append(out, sound(unescapeCard(p.value[from:])))
}

func (c card) row(place Place, opts *Options) Row {
	d := ledger.Person{Name: c.first("FN"), Title: c.first("TITLE"), Note: c.first("NOTE"), Lang: langCode(c.first("LANG"))}
	if d.Name == "" {
		for _, n := range c.all("N")[:min(1, len(c.all("N")))] {
			part := append(n.parts(';'), "", "", "", "", "")
			d.Name = strings.Join(full(part[3], part[1], part[2], part[0], part[4]), " ")
		}
	}
	for _, o := range c.all("ORG")[:min(1, len(c.all("ORG")))] {
		d.Organisation = strings.Join(full(o.parts(';')...), ", ")
	}
	var labels []string
	for _, p := range c.all("CATEGORIES") {
		labels = append(labels, p.parts(',')...)
	}
	var firm bool
	if d.Kinds, firm = kindsOf(labels); firm {
		d.Firm = true
	}
	if strings.EqualFold(c.first("KIND"), "org") || strings.EqualFold(c.first("X-ABSHOWAS"), "COMPANY") {
		d.Firm = true
	}
	if d.Name == "" {
		if d.Name = d.Organisation; d.Name != "" {
			d.Firm = true
		} else if d.Name = c.first("NICKNAME"); d.Name == "" && len(c.all("EMAIL")) == 0 {
			return refused(place, "intake.nobody", "")
		}
	}
	if strings.EqualFold(c.first("KIND"), "group") {
		return Row{Place: place, Left: true}
	}
	bad := ""
	add := func(raw, region string) {
		uri, err := channel.Identify(raw, region)
		if err != nil {
			bad = raw
			return
		}
		if len(d.Identities) < 50 && !slices.ContainsFunc(d.Identities, func(i ledger.Identity) bool { return i.URI == uri }) {
			d.Identities = append(d.Identities, ledger.Identity{URI: uri})
		}
	}
	region := opts.Region
	for _, p := range c.all("ADR")[:min(1, len(c.all("ADR")))] {
		if part := p.parts(';'); len(part) > 6 && countryCode(part[6]) != "" {
			region = countryCode(part[6])
		}
	}
	for _, p := range c.all("EMAIL") {
		if v := p.text(); v != "" {
			add("mailto:"+strings.TrimPrefix(v, "mailto:"), region)
		}
	}
	for _, p := range c.all("TEL") {
		v := p.text()
		if rest, ok := strings.CutPrefix(v, "tel:"); ok {
			v = rest
			if plain, err := url.PathUnescape(rest); err == nil {
				v = plain
			}
		}
		if v != "" {
			add("tel:"+v, region)
		}
	}
	for _, p := range c.all("URL") {
		if v := p.text(); v != "" {
			if !strings.Contains(v, "://") {
				v = "https://" + v
			}
			add(v, region)
		}
	}
	for _, name := range []string{"IMPP", "SOCIALPROFILE", "X-SOCIALPROFILE"} {
		for _, p := range c.all(name) {
			if v := p.text(); strings.HasPrefix(v, "acct:") || strings.HasPrefix(v, "https://") || strings.HasPrefix(v, "mailto:") {
				add(v, region)
			}
		}
	}
	for _, p := range c.all("ADR") {
		part := append(p.parts(';'), "", "", "", "", "", "", "")
		if lines := full(part[0], part[1], part[2], strings.TrimSpace(part[5]+" "+part[3]), part[4], part[6]); len(lines) > 1 {
			add("postal:"+strings.Join(lines, ", "), region)
		}
	}
	if bad != "" && len(d.Identities) == 0 {
		return refused(place, "intake.bad_identity", bad)
	}
	for _, purpose := range ledger.Purposes() { // no standard has a word for it
		if said := c.first("X-CONSENT-" + strings.ToUpper(purpose)); !consent(&d, purpose, said) {
			return refused(place, "intake.bad_consent", said)
		}
	}
	return Row{Place: place, Fact: person(opts, d, c.at(opts), c.first("UID"))}
}

// at is when the card was last changed, as it says, or now.
func (c card) at(opts *Options) time.Time {
	rev := c.first("REV")
	for _, layout := range []string{"20060102T150405Z", time.RFC3339, "20060102T150405Z0700", "2006-01-02", "20060102"} {
		if t, err := time.Parse(layout, rev); err == nil && t.Year() >= 1970 {
			if t = opts.moved(t); !t.After(opts.Now) {
				return t
			}
		}
	}
	return opts.Now
}
