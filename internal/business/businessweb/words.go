package businessweb

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/web/ui"
)

func kindName(ctx context.Context, kind string) string {
	if key := "business.kind." + kind; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return kind
}

// value is a status or label in words, where it is one of a kind's list.
func value(ctx context.Context, v string) string {
	if key := "business.value." + v; v != "" && i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return v
}

// when is a moment or a period as people read it.
func when(ctx context.Context, at, until time.Time) string {
	zone := i18n.Zone(ctx)
	at = at.In(zone)
	if until.IsZero() {
		if midnight(at) {
			return i18n.Day(ctx, at)
		}
		return i18n.DateTime(ctx, at)
	}
	until = until.In(zone)
	if !midnight(at) || !midnight(until) {
		return i18n.DateTime(ctx, at) + " – " + i18n.DateTime(ctx, until)
	}
	last := until.AddDate(0, 0, -1)
	switch {
	case at.Day() == 1 && until.Equal(at.AddDate(0, 1, 0)):
		return i18n.Month(ctx, at)
	case at.Day() == 1 && at.Month()%3 == 1 && until.Equal(at.AddDate(0, 3, 0)):
		return i18n.T(ctx, "business.quarter", "N", int(at.Month()+2)/3, "Year", strconv.Itoa(at.Year()))
	case at.Day() == 1 && at.Month() == 1 && until.Equal(at.AddDate(1, 0, 0)):
		return strconv.Itoa(at.Year())
	case last.Equal(at):
		return i18n.Day(ctx, at)
	}
	return i18n.Day(ctx, at) + " – " + i18n.Day(ctx, last)
}

func midnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}

// decimals is how many a number needs, two at most.
func decimals(v float64) int {
	switch {
	case v == math.Trunc(v):
		return 0
	case v*10 == math.Trunc(v*10):
		return 1
	}
	return 2
}

func quantity(ctx context.Context, unit string, v float64) string {
	n := i18n.Number(ctx, v, decimals(v))
	if key := "business.unit." + unit; i18n.Has(key) {
		return i18n.T(ctx, key, "Count", n)
	}
	return n
}

func amount(ctx context.Context, minor *int64, currency string) string {
	if minor == nil || currency == "" {
		return ""
	}
	return money(ctx, *minor, currency)
}

// money writes an amount with as many decimals as its currency has.
func money(ctx context.Context, minor int64, currency string) string {
	if intake.MinorFigures(currency) == 3 {
		return i18n.Number(ctx, float64(minor)/1000, 3) + "\u00a0" + currency
	}
	return i18n.Money(ctx, minor, currency)
}

// figure is what a fact counts: its amount, or else its quantity.
func figure(ctx context.Context, f *business.Fact) string {
	k, _ := business.Kind(f.Kind)
	parts := []string{}
	switch {
	case f.Hidden:
		parts = append(parts, i18n.T(ctx, "business.amount_hidden"))
	case f.Money():
		parts = append(parts, amount(ctx, f.Amount, f.Currency))
	}
	if k.Quantity != ledger.Never && (f.Quantity != 1 || !f.Money() && !f.Hidden) {
		parts = append(parts, quantity(ctx, k.Unit, f.Quantity))
	}
	return strings.Join(parts, " · ")
}

// about is what a fact is about, in a few words.
func about(ctx context.Context, f *business.Fact) string {
	var parts []string
	for _, s := range []string{value(ctx, f.Label), f.Organisation, short(f.Person), f.Team, f.Channel, f.Partner, f.Campaign, f.Community, f.Source, f.Topic, f.Language, value(ctx, f.Matter)} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " · ")
}

func short(uri string) string {
	for _, scheme := range []string{"mailto:", "tel:", "acct:"} {
		if rest, ok := strings.CutPrefix(uri, scheme); ok {
			return rest
		}
	}
	return uri
}

// origin is where a fact comes from, in words where the program itself named it.
func origin(ctx context.Context, s string) string {
	if key := "business.origin." + s; s != "" && i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return s
}

// called is what its source calls a fact; nothing when its source calls it nothing.
func called(external string) string {
	if strings.HasPrefix(external, intake.NamelessPrefix) {
		return ""
	}
	return external
}

func kindOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, k := range business.Kinds() {
		out = append(out, ui.Option{Value: k.ID, Label: kindName(ctx, k.ID)})
	}
	return out
}

func valueOptions(ctx context.Context, list []string, all string) []ui.Option {
	var out []ui.Option
	if all != "" {
		out = append(out, ui.Option{Label: all})
	}
	for _, v := range list {
		out = append(out, ui.Option{Value: v, Label: value(ctx, v)})
	}
	return out
}

func whenHint(ctx context.Context, v *formView) string {
	switch v.kind.Period {
	case ledger.Never:
		return i18n.T(ctx, "business.when_day")
	case ledger.Must:
		return i18n.T(ctx, "business.when_period")
	}
	return i18n.T(ctx, "business.when_either")
}

func quantityLabel(ctx context.Context, v *formView) string {
	if key := "business.unit_name." + v.kind.Unit; i18n.Has(key) {
		return i18n.T(ctx, "business.quantity") + " (" + i18n.T(ctx, key) + ")"
	}
	return i18n.T(ctx, "business.quantity")
}

func totalColumns(ctx context.Context, v *listView) []ui.Column {
	out := []ui.Column{{Label: i18n.T(ctx, "business.month")}}
	if by := business.SplitBy(&v.kind); by != "" {
		out = append(out, ui.Column{Label: i18n.T(ctx, "business."+by)})
	}
	total := "business.total"
	if mean(&v.kind) {
		total = "business.mean"
	}
	return append(out, ui.Column{Label: i18n.T(ctx, total), Numeric: true}, ui.Column{Label: i18n.T(ctx, "business.count"), Numeric: true})
}

// states reports whether the list has something to say in a column of states.
func (v *listView) states() bool { return len(v.kind.Statuses) > 0 || v.filter.Withdrawn }

func factColumns(ctx context.Context, v *listView) []ui.Column {
	out := []ui.Column{{Label: i18n.T(ctx, "business.when")}, {Label: i18n.T(ctx, "business.figure"), Numeric: true}}
	if v.states() {
		out = append(out, ui.Column{Label: i18n.T(ctx, "business.status")})
	}
	return append(out, ui.Column{Label: i18n.T(ctx, "business.of")}, ui.Column{Label: i18n.T(ctx, "business.origin")})
}
