package measure

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Row is a conversation or a post behind a number. What was said in it is empty for those who may not read it.
type Row struct {
	Of      kpi.Thing
	ID      string
	Part    string
	Role    kpi.Role
	At      time.Time     // opened or said
	For     time.Duration // the wait, where the measure is one
	Open    bool          // the wait goes on
	N       int           // how many it counts: all rows together come to n
	Share   float64       // how much of it counts, where its period reaches beyond the window; 0 is all of it
	Title   string        // or the beginning of the text
	Author  string        // as shown, or an identity
	Channel string        // its name
}

// Paging asks for a page of rows, newest first.
type Paging struct {
	Part    string // only rows of this part; "" is all that count in n
	Weekday int    // only rows of this day of the week by the calendar of i18n.Zone(ctx), 1 Monday to 7 Sunday; 0 is all
	Limit   int    // at most 1,000; 0 is 50
	Cursor  string // what the page before gave
}

// Rows lists what is behind the number that Compute gives: as many rows as its n. next is "" at the end.
func (s *Service) Rows(ctx context.Context, id string, w Window, f Filter, p Paging) (rows []Row, next string, err error) {
	if err := may(ctx); err != nil {
		return nil, "", err
	}
	m, f, err := s.ask(ctx, id, w, f)
	if err != nil {
		return nil, "", err
	}
	return s.rowsOf(ctx, m, w, f, p)
}

func (s *Service) rowsOf(ctx context.Context, m kpi.Measure, w Window, f Filter, p Paging) (rows []Row, next string, err error) {
	id := m.ID
	if role := m.Role(p.Part); p.Part != "" && (role == "" || role == kpi.Population) {
		return nil, "", problem.New(problem.Invalid, "measure.part_unknown").On("part")
	}
	if m.Over != "" { // behind a ratio are the rows of what stands above the line
		inner := p
		inner.Part = ""
		rows, next, err := s.Rows(ctx, m.Over, w, f, inner)
		for i := range rows {
			rows[i].Part, rows[i].Role = m.Parts[0].ID, m.Parts[0].Role
		}
		return rows, next, err
	}
	if p.Limit <= 0 {
		p.Limit = 50
	}
	p.Limit = min(p.Limit, 1000)
	ask := kpi.Ask{Cuts: []time.Time{w.From, w.To}, Now: s.clock(), Filter: f}
	if err := s.working(ctx, m, &ask); err != nil {
		return nil, "", err
	}
	src := m.Source(ask)
	narrow, err := onWeekday(w, time.Weekday(p.Weekday%7), p.Weekday != 0, i18n.Zone(ctx))
	if err != nil {
		return nil, "", err
	}
	var at int64
	var last string
	if p.Cursor != "" {
		var ok bool
		if at, last, ok = readCursor(p.Cursor); !ok {
			return nil, "", problem.New(problem.Invalid, "measure.bad_cursor").On("cursor")
		}
	}
	if m.Matching != nil {
		page := kpi.Page{Part: p.Part, Limit: p.Limit + 1, Narrow: narrow}
		if p.Cursor != "" {
			page.Before, page.ID = time.UnixMicro(at), last
		}
		err := s.patiently(ctx, m, func(ctx context.Context) (err error) {
			src, err = m.Matching(ctx, s.db.Read(), ask, page)
			return err
		})
		if err != nil {
			return nil, "", fmt.Errorf("rows of %s: %w", id, err)
		}
	}
	narrow(src.Where, src.At)
	if p.Part != "" {
		src.Where.And("("+src.Part+") = ?", p.Part)
	} else {
		for _, part := range m.Parts {
			if part.Role == kpi.LeftOut {
				src.Where.And("("+src.Part+") <> ?", part.ID)
			}
		}
	}
	if p.Cursor != "" {
		if id, tied, is := strings.Cut(last, " "); is && src.Tie != "" {
			src.Where.And("("+src.At+", "+src.ID+", "+src.Tie+") < (?, ?, ?)", at, id, tied)
		} else {
			src.Where.And("("+src.At+", "+src.ID+") < (?, ?)", at, last)
		}
	}
	wait, open := "0", "0"
	if src.For != "" {
		wait, open = src.For, src.Open
	}
	text := "c.title, c.excerpt, c.author_name, c.author, c.channel, c.private"
	switch m.Of {
	case kpi.OfPosts:
		text = "p.title, SUBSTR(p.text, 1, 200), p.author_name, p.author, p.channel, p.private"
	case kpi.OfFacts:
		text = factText
	case kpi.OfInsights:
		text = "i.name, i.note, i.department, '', '', 0"
	case kpi.OfVisits:
		text = "COALESCE((SELECT n.name FROM contact_point n WHERE n.id = v.point), ''), '', '', '', '', 0"
	case kpi.OfPeople:
		text = "m.name, '', '', '', k.channel, 0"
	case kpi.OfSituations:
		text = "v.name, v.about, COALESCE((SELECT m.name FROM member m WHERE m.id = v.owner), ''), '', '', 0"
	}
	counts, tie, order, until := "1", "''", "", "CAST(NULL AS BIGINT)"
	if src.Until != "" {
		until = src.Until
	}
	if src.N != "" {
		counts = src.N
	}
	if src.Tie != "" {
		tie, order = src.Tie, ", "+src.Tie+" DESC"
	}
	type found struct {
		Row
		tie                    string
		until                  time.Time
		micros                 int64
		excerpt, identity, via string
		private                bool
	}
	list, err := db.All(ctx, s.db.Read(), func(r *found) []any {
		return []any{&r.ID, db.At(&r.At), &r.Part, &r.micros, db.Bool(&r.Open), &r.N, &r.tie, &r.Title, &r.excerpt, &r.Author, &r.identity, &r.via, db.Bool(&r.private), db.At(&r.until)}
	}, "SELECT "+src.ID+", "+src.At+", "+src.Part+", "+wait+", "+open+", "+counts+", "+tie+", "+text+", "+until+" FROM "+src.Table+" "+src.Where.String()+
		" ORDER BY "+src.At+" DESC, "+src.ID+" DESC"+order+" LIMIT "+strconv.Itoa(p.Limit+1), src.Where.Args...)
	if err != nil {
		return nil, "", fmt.Errorf("rows of %s: %w", id, err)
	}
	if len(list) > p.Limit {
		list = list[:p.Limit]
		last := list[len(list)-1]
		next = cursor(last.At, last.ID)
		if src.Tie != "" {
			next = cursor(last.At, last.ID+" "+last.tie)
		}
	}
	names, err := s.channelNames(ctx)
	if err != nil {
		return nil, "", err
	}
	inbox, listening := org.Require(ctx, org.InboxRead) == nil, org.Require(ctx, org.ListeningRead) == nil
	rows = make([]Row, len(list))
	for i, r := range list {
		r.Of, r.Role, r.For = m.Of, m.Role(r.Part), time.Duration(r.micros)*time.Microsecond
		if m.Clock == kpi.Business {
			r.For = ask.Working(r.At, r.For)
		}
		if m.Of == kpi.OfFacts {
			r.Title, r.excerpt = factTitle(ctx, r.Title, r.excerpt), ""
			if share := hours.Overlap(r.At.In(i18n.Zone(ctx)), r.until, w.From, w.To); !r.until.IsZero() && share < 1 {
				r.Share = max(share, 0)
				r.Title += " · " + i18n.T(ctx, "business.share", "Share", i18n.Percent(ctx, r.Share, 0))
			}
		}
		if r.Title == "" {
			r.Title = oneLine(r.excerpt)
		}
		if r.Author == "" {
			r.Author = r.identity
		}
		r.Channel = names[r.via]
		mayRead := inbox
		switch {
		case m.Of == kpi.OfPosts && !r.private:
			mayRead = listening
		case m.Of == kpi.OfFacts:
			mayRead = org.Require(ctx, org.MeasureRead) == nil
		case m.Of == kpi.OfPeople:
			mayRead = org.Require(ctx, org.CommunityRead) == nil
		case m.Of == kpi.OfInsights:
			mayRead = org.Require(ctx, org.StrategyRead) == nil
		case m.Of == kpi.OfSituations, m.Of == kpi.OfVisits:
			mayRead = org.Require(ctx, org.InboxRead) == nil
		}
		if !mayRead {
			r.Title, r.Author = "", ""
		}
		rows[i] = r.Row
	}
	return rows, next, nil
}

// factText is what a row of business_fact f is called by: its kind, and what factTitle tells of it.
const factText = "f.kind, f.status || ' | ' || f.label || ' | ' || f.quantity || ' | ' || COALESCE(CAST(f.amount AS TEXT), '') || ' | ' || f.currency, f.organisation, f.person, f.channel, 0"

// factTitle is the kind of a fact, its status and label, how much there is when that is not one, and its amount, to those who see amounts.
func factTitle(ctx context.Context, kind, told string) string {
	word := func(prefix, id string) string {
		if i18n.Has(prefix + id) {
			return i18n.T(ctx, prefix+id)
		}
		return oneLine(id)
	}
	parts := []string{word("business.kind.", kind)}
	fields := strings.Split(told, " | ")
	if len(fields) != 5 {
		return parts[0]
	}
	for _, v := range fields[:2] {
		if v != "" {
			parts = append(parts, word("business.value.", v))
		}
	}
	if q, err := strconv.ParseFloat(fields[2], 64); err == nil && q != 1 {
		decimals := 0
		if q != math.Trunc(q) {
			decimals = 2
		}
		parts = append(parts, i18n.Number(ctx, q, decimals))
	}
	if amount, err := strconv.ParseInt(fields[3], 10, 64); err == nil && fields[4] != "" && org.SeesMoney(ctx) {
		parts = append(parts, i18n.Money(ctx, amount, fields[4]))
	}
	return strings.Join(parts, " · ")
}

func (s *Service) channelNames(ctx context.Context) (map[string]string, error) {
	list, err := db.All(ctx, s.db.Read(), func(c *Choice) []any { return []any{&c.ID, &c.Name} }, "SELECT id, name FROM channel")
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	out := make(map[string]string, len(list))
	for _, c := range list {
		out[c.ID] = c.Name
	}
	return out, nil
}

func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
}

func cursor(at time.Time, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at.UnixMicro(), 10) + " " + id))
}

func readCursor(text string) (at int64, id string, ok bool) {
	if len(text) > 500 {
		return 0, "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || strings.ContainsRune(string(raw), 0) {
		return 0, "", false
	}
	first, id, ok := strings.Cut(string(raw), " ")
	at, err = strconv.ParseInt(first, 10, 64)
	return at, id, ok && err == nil && strings.ToValidUTF8(id, "") == id
}

// fields are what a filter narrows by.
func fields(f *Filter) []struct {
	By    kpi.Dimension
	Value *string
} {
	return []struct {
		By    kpi.Dimension
		Value *string
	}{{kpi.ByChannel, &f.Channel}, {kpi.ByTopic, &f.Topic}, {kpi.ByLanguage, &f.Language}, {kpi.ByMember, &f.Member}, {kpi.ByKind, &f.Kind}, {kpi.ByTeam, &f.Team},
		{kpi.ByPartner, &f.Partner}, {kpi.ByCampaign, &f.Campaign}, {kpi.ByCommunity, &f.Community}}
}

// Accepts refuses a filter that the rows of a measure do not know.
func Accepts(m kpi.Measure, f Filter) error {
	for _, v := range fields(&f) {
		value := *v.Value
		if len(value) > 200 || strings.ContainsRune(value, 0) || strings.ToValidUTF8(value, "") != value {
			return problem.New(problem.Invalid, "measure.filter_bad").On(string(v.By))
		}
		switch {
		case value == "" || slices.Contains(m.Dims, v.By):
		case v.By == kpi.ByMember && m.Of == kpi.OfPosts:
			return problem.New(problem.Invalid, "measure.filter_member").On("member")
		default:
			return problem.New(problem.Invalid, "measure.filter_not").On(string(v.By))
		}
	}
	return nil
}

// Narrows is the part of a filter that a measure knows.
func Narrows(m kpi.Measure, f Filter) Filter {
	for _, v := range fields(&f) {
		if !slices.Contains(m.Dims, v.By) {
			*v.Value = ""
		}
	}
	return f
}
