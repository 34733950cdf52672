package intake

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// table reads a table of customers, orders or posts: one line each below a line of headings.
type table struct{}

func (table) Describe() Description {
	return Description{Name: "csv", Extensions: []string{".csv", ".tsv", ".txt"}, Posts: true,
		Fields: []string{"target", "columns", "encoding", "comma", "dates", "decimal", "currency", "region", "inbox", "direct", "space"}}
}

// Layout is how a table is understood: found out from its beginning, unless the options say it.
type Layout struct {
	Target    string
	Comma     string
	Head      []string
	Columns   map[string]int // field to column
	Dates     string         // dmy or mdy, of dates in figures
	Ambiguous bool           // the dates seen fit both
	Decimal   string         // , or .
	Sample    [][]string     // the first lines
}

const sampled = 200 // lines looked at

// inspect finds out how the table in src is laid out that a format reads, csv or facts. The error is a *problem.Problem.
func inspect(src *Source, opts Options, format string) (Layout, error) {
	names := src.Names()
	if len(names) == 0 {
		return Layout{}, problem.New(problem.Invalid, "intake.nothing_to_read", "Name", src.Name())
	}
	head, err := src.head(names[0], 256<<10)
	if err != nil {
		return Layout{}, err
	}
	r, err := decoded(bytes.NewReader(head), opts.Encoding)
	if err != nil {
		return Layout{}, err
	}
	text, err := io.ReadAll(r)
	if err != nil && len(text) == 0 {
		return Layout{}, problem.New(problem.Invalid, "intake.unreadable").Because(err)
	}
	if bytes.IndexByte(text[:min(len(text), 4096)], 0) >= 0 {
		return Layout{}, problem.New(problem.Invalid, "intake.not_table")
	}
	l := Layout{Target: opts.Target, Comma: opts.Comma}
	if l.Comma == "" {
		l.Comma = separator(text)
	}
	if len(l.Comma) != 1 || strings.ContainsAny(l.Comma, "\"\r\n") || l.Comma[0] >= 0x80 {
		return l, problem.New(problem.Invalid, "intake.bad_comma").On("comma")
	}
	records := &recordReader{in: bufio.NewReader(bytes.NewReader(text)), comma: l.Comma[0]}
	_, cells, err := records.next()
	if err != nil {
		return l, problem.New(problem.Invalid, "intake.not_table").Because(err)
	}
	l.Head = slices.Clone(cells)
	if len(l.Head) < 2 && l.Target == "" {
		return l, problem.New(problem.Invalid, "intake.not_table")
	}
	for len(l.Sample) < sampled {
		_, cells, err := records.next()
		if err != nil {
			break
		}
		l.Sample = append(l.Sample, slices.Clone(cells))
	}
	if l.Target == "" {
		l.Target = guessTarget(l.Head)
		if format == "facts" {
			l.Target = guessAmong(l.Head, FactTargets()...)
		}
		if l.Target == "" {
			return l, problem.New(problem.Invalid, "intake.no_target").On("target")
		}
	}
	if _, fact := kindOfTarget(l.Target); Columns(l.Target) == nil || fact != (format == "facts") {
		return l, problem.New(problem.Invalid, "intake.bad_target").On("target")
	}
	if opts.Columns != nil {
		l.Columns = chosen(l.Target, l.Head, opts.Columns)
	} else {
		l.Columns, _ = guess(l.Target, l.Head)
	}
	l.Dates, l.Ambiguous = dateOrder(opts.Dates, l.column(l.dateColumn()))
	l.Decimal = decimalMark(opts.Decimal, l.column("amount"))
	if format == "facts" {
		l.Dates, l.Ambiguous = dateOrder(opts.Dates, slices.Concat(l.column("at"), l.column("from"), l.column("to"), l.column("period")))
		l.Decimal = l.figures(opts.Decimal)
	}
	return l, nil
}

// figures finds out what stands before the decimals of a table of facts: what a number shows that can mean only one thing, or else what goes
// with its separator.
func (l *Layout) figures(said string) string {
	if said == "," || said == "." {
		return said
	}
	comma, dot := 0, 0
	for _, s := range slices.Concat(l.column("amount"), l.column("before"), l.column("quantity")) {
		core := strings.TrimFunc(strings.Map(evened, s), func(r rune) bool { return r < '0' || r > '9' })
		switch mark, reason := markOf(core); {
		case reason != "":
		case mark == ",":
			comma++
		case mark == ".":
			dot++
		case strings.Count(core, ".") > 1: // 1.234.567
			comma++
		case strings.Count(core, ",") > 1:
			dot++
		}
	}
	switch {
	case comma > dot:
		return ","
	case dot > comma:
		return "."
	case l.Comma == ";":
		return ","
	case l.Comma == ",":
		return "."
	}
	return ""
}

func (l *Layout) dateColumn() string {
	return map[string]string{Customers: "since", Orders: "date", Posts: "at", IdeaLines: "at", ArticleLines: "at"}[l.Target]
}

// column is the sample of a field.
func (l *Layout) column(field string) []string {
	i, ok := l.Columns[field]
	if !ok {
		return nil
	}
	var out []string
	for _, cells := range l.Sample {
		if i < len(cells) {
			out = append(out, cells[i])
		}
	}
	return out
}

// missing names the fields without which nothing can be made of the table.
func (l *Layout) missing() string {
	if _, fact := kindOfTarget(l.Target); fact && !l.dated() {
		return "at"
	}
	for _, f := range Columns(l.Target) {
		if _, ok := l.Columns[f.Name]; f.Must && !ok {
			return f.Name
		}
	}
	if l.Target == Customers {
		for _, f := range []string{"email", "name", "phone", "first_name", "organisation"} {
			if _, ok := l.Columns[f]; ok {
				return ""
			}
		}
		return "email"
	}
	if l.Target == Orders {
		_, mail := l.Columns["email"]
		if _, phone := l.Columns["phone"]; !mail && !phone {
			return "email"
		}
	}
	return ""
}

// dated reports whether a table of facts says when they count.
func (l *Layout) dated() bool {
	for _, f := range []string{"at", "period", "from"} {
		if _, ok := l.Columns[f]; ok {
			return true
		}
	}
	return false
}

// separator is the one that cuts the first lines most evenly.
func separator(text []byte) string {
	best, most := ",", 0
	for _, c := range []byte{';', '\t', ',', '|'} {
		first, alike, n, quoted := 0, 0, 0, false
		count := 0
		for _, b := range text[:min(len(text), 32<<10)] {
			switch {
			case b == '"':
				quoted = !quoted
			case quoted:
			case b == c:
				count++
			case b == '\n':
				if n == 0 {
					first = count
				}
				if count == first && count > 0 {
					alike++
				}
				n++
				count = 0
			}
		}
		if n == 0 {
			first, alike = count, min(count, 1)
		}
		if score := alike * min(first, 50); score > most {
			best, most = string(rune(c)), score
		}
	}
	return best
}

func (t table) Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error {
	l, err := inspect(src, opts, "csv")
	if err != nil {
		return err
	}
	if f := l.missing(); f != "" {
		return problem.New(problem.Invalid, "intake.no_column", "Column", f).On("columns")
	}
	name := src.Names()[0]
	file, err := src.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	in, err := decoded(file, opts.Encoding)
	if err != nil {
		return err
	}
	records := &recordReader{in: in, comma: l.Comma[0]}
	if _, _, err := records.next(); err != nil {
		return problem.New(problem.Invalid, "intake.not_table").Because(err)
	}
	c := &converter{ctx: ctx, opts: &opts, l: &l, seed: maphash.MakeSeed(), orders: map[uint64]uint64{}}
	return l.each(records, name, func(place Place, cells []string) error {
		c.cells = cells
		if l.Target == IdeaLines || l.Target == ArticleLines {
			return c.thread(place, emit)
		}
		return emit(c.row(place))
	}, emit)
}

// each hands over the records below the headings.
func (l *Layout) each(records *recordReader, name string, do func(Place, []string) error, emit func(Row) error) error {
	for {
		line, cells, err := records.next()
		place := Place{name, Line, line}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errRecordLong):
			err = emit(refused(place, "intake.too_long", ""))
		case errors.Is(err, errUnclosed):
			err = emit(refused(place, "intake.unclosed", ""))
		case err != nil:
			return err
		default:
			err = do(place, cells)
		}
		if err != nil {
			return err
		}
	}
}

// converter turns the lines of a table into facts.
type converter struct {
	ctx    context.Context
	opts   *Options
	l      *Layout
	cells  []string
	seed   maphash.Seed
	orders map[uint64]uint64 // order line to its figures
}

func (c *converter) of(field string) string {
	if i, ok := c.l.Columns[field]; ok && i < len(c.cells) {
		return c.cells[i]
	}
	return ""
}

func (c *converter) row(place Place) Row {
	if strings.Join(c.cells, "") == "" {
		return Row{Place: place, Left: true}
	}
	switch c.l.Target {
	case Customers:
		return c.customer(place)
	case Orders:
		return c.order(place)
	}
	return c.post(place)
}

func (c *converter) said() string { return strings.Join(c.cells, c.l.Comma) }

func (c *converter) customer(place Place) Row {
	p := ledger.Person{Name: strings.TrimSpace(c.of("first_name") + " " + c.of("name")), Organisation: c.of("organisation"), Title: c.of("title"),
		Lang: langCode(c.of("lang")), Note: c.of("note")}
	region := countryCode(c.of("country"))
	if region == "" {
		region = c.opts.Region
	}
	var bad string
	add := func(raw string) {
		if raw == "" {
			return
		}
		uri, err := channel.Identify(raw, region)
		if err != nil {
			bad = raw
			return
		}
		if !slices.ContainsFunc(p.Identities, func(i ledger.Identity) bool { return i.URI == uri }) {
			p.Identities = append(p.Identities, ledger.Identity{URI: uri})
		}
	}
	for _, mail := range split(c.of("email")) {
		add("mailto:" + strings.TrimPrefix(mail, "mailto:"))
	}
	for _, phone := range strings.FieldsFunc(c.of("phone"), func(r rune) bool { return r == ',' || r == ';' }) {
		add("tel:" + strings.TrimSpace(phone))
	}
	if web := c.of("website"); web != "" {
		if !strings.Contains(web, "://") {
			web = "https://" + web
		}
		add(web)
	}
	if street := c.of("address"); street != "" {
		add("postal:" + strings.Join(full(street, strings.TrimSpace(c.of("postcode")+" "+c.of("city")), c.of("country")), ", "))
	}
	if bad != "" && len(p.Identities) == 0 {
		return refused(place, "intake.bad_identity", bad)
	}
	if p.Name == "" && p.Organisation == "" && len(p.Identities) == 0 {
		return refused(place, "intake.nobody", c.said())
	}
	kinds, firm := kindsOf(split(c.of("kind")))
	if p.Firm = firm; firm && p.Organisation == "" {
		p.Organisation = p.Name
	}
	if p.Kinds = kinds; len(kinds) == 0 {
		p.Kinds = []string{"customer"}
	}
	for _, purpose := range ledger.Purposes() {
		if !consent(&p, purpose, c.of("consent_"+purpose)) {
			return refused(place, "intake.bad_consent", c.of("consent_"+purpose))
		}
	}
	at := c.opts.Now
	if raw := c.of("since"); raw != "" {
		t, ok := dateOf(raw, c.l.Dates, c.opts.zone())
		if !ok {
			return refused(place, "intake.bad_date", raw)
		}
		if at = c.opts.moved(t); at.After(c.opts.Now) {
			return refused(place, "intake.future", raw)
		}
	}
	return Row{Place: place, Fact: person(c.opts, p, at, c.of("since"))}
}

// consent takes what a cell says of whether somebody agrees to something; false when it says neither yes nor no. An empty one says nothing.
func consent(p *ledger.Person, purpose, said string) bool {
	var given bool
	switch heading(said) {
	case "":
		return true
	case "1", "oui", "yes", "true", "vrai", "x", "y", "o", "ok", "agreed", "accepted", "d accord", "accepte", "subscribed", "inscrit", "inscrite", "abonne", "abonnee", "opt in", "optin":
		given = true
	case "0", "non", "no", "false", "faux", "n", "refused", "refuse", "refus", "unsubscribed", "desinscrit", "desinscrite", "desabonne", "desabonnee", "opt out", "optout":
	default:
		return false
	}
	p.Consents = append(p.Consents, ledger.Consent{Purpose: purpose, Given: given, How: said})
	return true
}

// person states a person; the same words about them are stated once.
func person(opts *Options, p ledger.Person, at time.Time, stamp string) *ledger.Activity {
	data := ledger.Data(p)
	return &ledger.Activity{Kind: ledger.PersonAdded, Actor: opts.Actor, At: at, Key: "person:" + digest(string(data), stamp), Data: data}
}

func (c *converter) order(place Place) Row {
	number := c.of("id")
	if number == "" {
		return refused(place, "intake.no_id", c.said())
	}
	at, ok := dateOf(c.of("date"), c.l.Dates, c.opts.zone())
	if !ok {
		return refused(place, "intake.bad_date", c.of("date"))
	}
	if at = c.opts.moved(at); at.After(c.opts.Now) {
		return refused(place, "intake.future", c.of("date"))
	}
	currency := currencyOf(c.of("currency"), c.of("amount"), c.opts.Currency)
	if currency == "" {
		return refused(place, "intake.bad_currency", c.of("currency"))
	}
	amount, ok := amountOf(c.of("amount"), c.l.Decimal, currency)
	if !ok {
		return refused(place, "intake.bad_amount", c.of("amount"))
	}
	buyer := c.of("email")
	if buyer == "" {
		buyer = c.of("phone")
	}
	actor, err := channel.Identify(buyer, c.opts.Region)
	if err != nil {
		return refused(place, "intake.bad_identity", buyer)
	}
	o := ledger.Order{ExternalID: number, Product: c.of("product"), Through: c.of("through"), Reseller: c.of("reseller")}
	if raw := c.of("quantity"); raw != "" {
		n, err := strconv.Atoi(strings.ReplaceAll(strings.ReplaceAll(raw, "\u00a0", ""), " ", ""))
		if err != nil || n < -1_000_000 || n > 1_000_000 {
			return refused(place, "intake.bad_number", raw)
		}
		o.Quantity = n
	}
	sign := "+"
	if amount < 0 {
		sign = "-"
	}
	// A line of an order is its number, product and whether it is given back; its figures may not be told twice in two ways.
	key := digest(number, o.Product, sign)
	figures := maphash.String(c.seed, strconv.FormatInt(amount, 10)+currency+strconv.Itoa(o.Quantity)+c.of("date")+actor)
	h := maphash.String(c.seed, key)
	if before, twice := c.orders[h]; twice && before != figures {
		return refused(place, "intake.order_differs", number+" "+o.Product)
	} else if !twice && len(c.orders) < maxSeen {
		c.orders[h] = figures
	}
	return Row{Place: place, Fact: &ledger.Activity{Kind: ledger.OrderPlaced, Actor: actor, At: at, Amount: amount, Currency: currency,
		Key: "order:" + key, Data: ledger.Data(o)}}
}

func (c *converter) post(place Place) Row {
	item := &channel.Item{}
	item.ExternalID, item.Kind, item.AuthorName, item.Title, item.Text, item.URL, item.Lang = c.of("id"), strings.ToLower(c.of("kind")), c.of("author_name"), c.of("title"),
		c.of("text"), c.of("url"), langCode(c.of("lang"))
	if item.Text == "" && item.Title == "" {
		return refused(place, "intake.no_text", c.said())
	}
	if raw := c.of("at"); raw != "" {
		t, ok := dateOf(raw, c.l.Dates, c.opts.zone())
		if !ok {
			return refused(place, "intake.bad_date", raw)
		}
		if t.After(c.opts.read().Add(24 * time.Hour)) {
			return refused(place, "intake.future", raw)
		}
		item.At = t
	}
	if author := c.of("author"); author != "" {
		if uri, err := channel.Identify(author, ""); err == nil {
			item.Author.URI = uri
		} else if item.AuthorName == "" {
			item.AuthorName = author
		}
	}
	if item.ExternalID == "" && item.URL != "" {
		item.ExternalID = item.URL
	}
	if parent := c.of("in_reply_to"); parent != "" {
		item.InReplyTo = []string{parent}
	}
	item.Tags = split(c.of("tags"))
	item.Score, _ = strconv.Atoi(c.of("score"))
	item.Followers, _ = strconv.Atoi(c.of("followers"))
	item.In = c.of("in")
	if member, ours := c.opts.staff(c.ctx, item.Author.URI); ours {
		item.Ours, item.Member = true, member
	}
	c.opts.finish(item, true)
	return Row{Place: place, Item: item}
}

// split cuts a cell that holds several things.
func split(s string) []string {
	var out []string
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '|' }) {
		if p = strings.TrimSpace(p); p != "" && len(out) < 50 {
			out = append(out, p)
		}
	}
	return out
}

// full leaves out what is empty, and puts each part on one line.
func full(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// langCode is a language tag, or the language that a French or English word names.
func langCode(s string) string {
	switch h := heading(s); h {
	case "":
		return ""
	case "francais", "french", "fra", "fre":
		return "fr"
	case "anglais", "english", "eng":
		return "en"
	default:
		if len(h) == 2 || len(h) == 5 && h[2] == ' ' {
			return h[:2]
		}
	}
	return ""
}
