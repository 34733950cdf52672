package kpi

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/measure/stat"
)

// Thing is what the rows behind a number are.
type Thing string

// The things.
const (
	OfPosts         Thing = "post"
	OfConversations Thing = "conversation"
	OfFacts         Thing = "fact"   // business facts
	OfPeople        Thing = "person" // by identity
)

// Filter narrows what is counted; "" is everything.
type Filter struct {
	Channel  string // id
	Topic    string // id; a conversation counts when one of its posts is a mention
	Language string // ISO 639-1, as detected
	Member   string // who has the conversation; posts have no such thing

	Community string // id of one of ours, else as business facts name it; of what is said it is turned into its channel
	Kind      string // of posts: complaint, praise, suggestion, question, lead, job; a conversation counts by any of its posts
	Team      string // of conversations: the department of who has them
	Partner   string // of what is said: the organisation of who said it
	Campaign  string // of what is said: in a link of its thread

	Called Called `json:",omitzero"` // filled where business facts are read
}

// Narrowing is a dimension with the value it is narrowed to.
type Narrowing struct {
	By    Dimension
	Value string
}

// Narrowed lists what a filter narrows.
func (f Filter) Narrowed() []Narrowing {
	var out []Narrowing
	for _, p := range []Narrowing{{ByChannel, f.Channel}, {ByTopic, f.Topic}, {ByLanguage, f.Language}, {ByKind, f.Kind}, {ByMember, f.Member}, {ByTeam, f.Team}, {ByPartner, f.Partner},
		{ByCampaign, f.Campaign}, {ByCommunity, f.Community}} {
		if p.Value != "" {
			out = append(out, p)
		}
	}
	return out
}

// Called is what business facts call the channel and the community of a filter, one a line: they name them in words. A channel of ours that is a
// community stands for both, so each is looked for where a fact says only the other. They are texts, so that filters can be compared.
type Called struct {
	Channel, Community string
	One                bool // the channel stands for the community: what was said in it is counted beside its facts
}

// Ask is what is asked of a measure.
type Ask struct {
	Cuts   []time.Time // at least two, rising: the ends of windows and steps; a cut belongs to what follows it
	Now    time.Time   // until when open waits are observed
	Filter Filter
	Zone   *time.Location // in which days are cut where days are counted; nil is UTC

	Hours Hourly // in which somebody is there, for waits on a business clock; nil is Monday to Friday, 9 to 18 in UTC

	Sentiment *stat.Confusion // how often models say which sentiment for which; nil when it is not known

	// Only are the posts that are looked at, by id, where they must be read to know which count; nil is all.
	Only []string

	// Apart tells facts apart by channel and gathers them by the hour: they are read once for all channels, and kept by the hour.
	Apart bool
	// Finely leaves facts as the rows tell them, for keeping: by the quarter of an hour although they are told apart, and waits by the calendar.
	Finely bool
	// Periods says which facts of a period are read, for keeping them by the day on which they begin.
	Periods Periods
}

// Periods chooses facts of a period.
type Periods int

// The choices: all that reach into what is asked for, those that begin in it, and those that began before.
const (
	Reaching Periods = iota
	Beginning
	Begun
)

// From is the first cut.
func (a Ask) From() time.Time { return a.Cuts[0] }

// To is the last cut.
func (a Ask) To() time.Time { return a.Cuts[len(a.Cuts)-1] }

// Hourly tells how much of the time between two moments somebody is there.
type Hourly interface {
	Between(from, to time.Time) time.Duration
}

// Working is how much of a wait that began at a moment somebody was there.
func (a Ask) Working(at time.Time, wait time.Duration) time.Duration {
	h := a.working()
	if h == nil {
		return wait
	}
	return h.Between(at, at.Add(wait))
}

// working is when somebody is there; nil on a machine that does not know UTC, which knows no other zone either.
func (a Ask) working() Hourly {
	if a.Hours == nil {
		if usual, err := hours.Usual("UTC").Clock(); err == nil {
			return usual
		}
	}
	return a.Hours
}

// Fact is something counted.
type Fact struct {
	At   time.Time
	Part string
	N    int           // how many; negative takes back
	For  time.Duration // a wait
	Open bool          // the wait goes on

	Key      string  // whom or what it belongs to, where the number depends on that; facts of different keys are not merged
	Sum      float64 // of what is added up over the N: hours, points, people; minor units of money
	Squares  float64 // of the same, squared one by one, so that merged facts still tell the spread
	Currency string  // of Sum when it is money; facts of different currencies are not merged

	By *stat.Confusion // how often who counted it errs; nil for nobody who does

	Until time.Time // the end of the period that it is of, which begins at At; zero for a moment
	Share float64   // how much of its period lies in the window, when it does not whole: Sum and Squares are of that; 0 is all of it

	Channel string // id; only where Ask.Apart told facts apart by it
}

// Source is where the rows behind a number stand: pieces of one SELECT.
type Source struct {
	Table, ID, At, Part string
	For, Open           string // of waits: microseconds, and 1 when it goes on
	Key, Sum, Currency  string // see Fact; "" where there is none
	N                   string // how many a row counts, a whole number; "" is 1
	Tie                 string // tells rows of the same ID apart, which may then stand twice; "" where none do
	Where               *db.Where
	Until               string // the end of a period, which counts in a window as much as it lies in it; "" where what counts are moments
	Apart               string // the channel that facts are told apart by, which are then gathered by the hour; "" where they are not
	Finely              bool   // by the quarter nevertheless
}

// Quarter is how finely facts are gathered where no single one is needed. All time zones differ from UTC by multiples of it since 1972.
const Quarter = 15 * time.Minute

// read reads waits one by one, and anything else by the quarter of an hour, of which those that a cut goes through are told apart.
func (s Source) read(ctx context.Context, q db.Q, cuts []time.Time) ([]Fact, error) {
	channel, by := "''", ""
	if s.Apart != "" {
		channel, by = s.Apart, ", 8"
	}
	if s.For != "" {
		list, err := db.All(ctx, q, func(f *Fact) []any { return []any{db.At(&f.At), &f.Part, micros{&f.For}, db.Bool(&f.Open), &f.Channel} },
			"SELECT "+s.At+", "+s.Part+", "+s.For+", "+s.Open+", "+channel+" FROM "+s.Table+" "+s.Where.String(), s.Where.Args...)
		for i := range list {
			list[i].N = 1
		}
		return list, wrap(err)
	}
	at, n, key, sum, squares, currency := s.gathered(cuts), "COUNT(*)", "''", "0", "0", "''"
	if s.N != "" {
		n = "CAST(SUM(" + s.N + ") AS BIGINT)"
	}
	if s.Key != "" {
		key = s.Key
	}
	if s.Sum != "" {
		sum, squares = "SUM("+s.Sum+")", "SUM(("+s.Sum+") * ("+s.Sum+"))"
	}
	if s.Currency != "" {
		currency = s.Currency
	}
	until := ""
	fields := func(f *Fact) []any {
		return []any{db.At(&f.At), &f.Part, &f.Key, &f.Currency, &f.N, &f.Sum, &f.Squares, &f.Channel}
	}
	if s.Until != "" {
		at, until, by = "CASE WHEN "+s.Until+" IS NULL THEN "+at+" ELSE "+s.At+" END", ", "+s.Until, by+", 9"
		moments := fields
		fields = func(f *Fact) []any { return append(moments(f), db.At(&f.Until)) }
	}
	double := func(expression string) string { return "CAST(" + expression + " AS DOUBLE PRECISION)" }
	list, err := db.All(ctx, q, fields, "SELECT "+at+", "+s.Part+", "+key+", "+currency+", "+n+", "+double(sum)+", "+double(squares)+", "+channel+until+" FROM "+s.Table+" "+s.Where.String()+
		" GROUP BY 1, 2, 3, 4"+by, s.Where.Args...)
	return list, wrap(err)
}

// gathered is the time under which a row is gathered: the beginning of its quarter, or hour, or the last cut in it that the row follows.
func (s Source) gathered(cuts []time.Time) string {
	width := Quarter.Microseconds()
	if s.Apart != "" && !s.Finely {
		width = time.Hour.Microseconds()
	}
	quarter := fmt.Sprintf("(%s / %d) * %d", s.At, width, width)
	var b strings.Builder
	for i := len(cuts) - 1; i >= 0; i-- { // the latest first
		if cuts[i].UnixMicro()%width != 0 {
			cut := s.Where.Arg(db.T(cuts[i]))
			fmt.Fprintf(&b, " WHEN %s >= %s AND %s < %s THEN %s", s.At, cut, quarter, cut, cut)
		}
	}
	if b.Len() == 0 {
		return quarter
	}
	return "CASE" + b.String() + " ELSE " + quarter + " END"
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	return nil
}

type micros struct{ d *time.Duration }

// Scan reads microseconds.
func (m micros) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a duration is stored as %T", v)
	}
	*m.d = time.Duration(n) * time.Microsecond
	return nil
}

// between adds the conditions that a time column lies between the first and the last cut.
func (a Ask) between(w *db.Where, column string) *db.Where {
	return w.And(column+" >= ?", db.T(a.From())).And(column+" < ?", db.T(a.To()))
}

// count sums the facts of a part.
func count(facts []Fact, part string) int {
	n := 0
	for _, f := range facts {
		if f.Part == part {
			n += f.N
		}
	}
	return n
}

// wait estimates from waits of which some go on.
func wait(facts []Fact, least int) Estimated {
	observed := make([]stat.Observation, len(facts))
	for i, f := range facts {
		observed[i] = stat.Observation{For: f.For, Censored: f.Open}
	}
	curve := stat.KaplanMeier(observed)
	median := curve.Median().AtLeast(least)
	return Estimated{Value: median.In(time.Second), Median: median, P90: curve.P90().AtLeast(least)}
}
