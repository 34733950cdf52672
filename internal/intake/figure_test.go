package intake

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
)

func TestReadMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, mark, said, fallback string
		minor                    int64
		currency, reason         string
	}{
		{"1 234,50 €", ",", "", "", 123450, "EUR", ""},
		{"1\u00a0234,50\u00a0€", ",", "", "", 123450, "EUR", ""},
		{"1\u202f234,50 EUR", "", "", "", 123450, "EUR", ""},
		{"(1,234.50)", ".", "GBP", "", -123450, "GBP", ""},
		{"−12", ",", "", "CHF", -1200, "CHF", ""},
		{"12-", ",", "", "", -1200, "EUR", ""},
		{"£1,234.5", ".", "", "", 123450, "GBP", ""},
		{"-$3.07", "", "", "", -307, "USD", ""},
		{"1.234.567,89", "", "", "", 123456789, "EUR", ""},
		{"1'234.50 CHF", "", "", "", 123450, "CHF", ""},
		{"1 500", ",", "JPY", "", 1500, "JPY", ""},
		{"1,234", "", "TND", "", 0, "", "intake.fact.ambiguous"},
		{"1,234", ",", "TND", "", 1234, "TND", ""},
		{"12 k€", ",", "", "", 1200000, "EUR", ""},
		{"1,5 M€", ",", "", "", 150000000, "EUR", ""},
		{"120,00 € HT", ",", "", "", 12000, "EUR", ""},
		{"0,125", "", "", "", 0, "", "intake.fact.too_fine"},
		{"12,345", ",", "", "", 0, "", "intake.fact.too_fine"},
		{"12,340", ",", "", "", 1234, "EUR", ""},
		{"1234.50", ",", "", "", 0, "", "intake.bad_number"},
		{"12.34.56", ",", "", "", 0, "", "intake.bad_number"},
		{"1.234", "", "", "", 0, "", "intake.fact.ambiguous"},
		{"12 $", ",", "EUR", "", 0, "", "intake.fact.two_currencies"},
		{"12 XYZ", ",", "", "", 0, "", "intake.bad_currency"},
		{"12", ",", "ABC", "", 0, "", "intake.bad_currency"},
		{"--1", ",", "", "", 0, "", "intake.bad_number"},
		{"(-1)", ",", "", "", 0, "", "intake.bad_number"},
		{"", ",", "", "", 0, "", "intake.bad_number"},
		{"9999999999999999999", ",", "", "", 0, "", "intake.bad_number"},
		{"999999999999999999", ",", "", "", 0, "", "intake.fact.too_fine"},
		{"1 2", ",", "", "", 0, "", "intake.bad_number"},
		{"12 %", ",", "", "", 0, "", "intake.bad_currency"},
	} {
		minor, currency, reason := ReadMoney(c.in, c.mark, c.said, c.fallback)
		if minor != c.minor || currency != c.currency || reason != c.reason {
			t.Errorf("%q with %q: %d %q %q, want %d %q %q", c.in, c.mark, minor, currency, reason, c.minor, c.currency, c.reason)
		}
	}
}

func TestReadHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, mark, unit string
		hours          float64
		reason         string
	}{
		{"1:30", ",", "", 1.5, ""}, {"1h30", ",", "", 1.5, ""}, {"1 h 30 min", ",", "", 1.5, ""}, {"1,5", ",", "", 1.5, ""}, {"1.5 h", ".", "", 1.5, ""},
		{"90 min", ",", "", 1.5, ""}, {"90", ",", "min", 1.5, ""}, {"2 heures", ",", "", 2, ""}, {"2 hours", ".", "", 2, ""}, {"0:00:36", ",", "", 0.01, ""}, {"7h", ",", "", 7, ""},
		{"1:60", ",", "", 0, badHours}, {"1h75", ",", "", 0, badHours}, {"2 jours", ",", "", 0, unknownUnit}, {"2", ",", "day", 0, unknownUnit}, {"", ",", "", 0, badHours},
		{"-1:30", ",", "", 0, badHours}, {"1:2:3:4", ",", "", 0, badHours}, {"1:", ",", "", 0, badHours},
	} {
		hours, reason := ReadHours(c.in, c.mark, c.unit)
		if math.Abs(hours-c.hours) > 1e-12 || reason != c.reason {
			t.Errorf("%q: %v %q, want %v %q", c.in, hours, reason, c.hours, c.reason)
		}
	}
}

func TestReadSpan(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, paris) }
	for _, c := range []struct {
		in          string
		from, until time.Time
	}{
		{"2026-03", day(2026, 3, 1), day(2026, 4, 1)}, {"03/2026", day(2026, 3, 1), day(2026, 4, 1)}, {"mars 2026", day(2026, 3, 1), day(2026, 4, 1)},
		{"Mar. 2026", day(2026, 3, 1), day(2026, 4, 1)}, {"March 2026", day(2026, 3, 1), day(2026, 4, 1)}, {"2026 décembre", day(2026, 12, 1), day(2027, 1, 1)},
		{"août 2026", day(2026, 8, 1), day(2026, 9, 1)}, {"T1 2026", day(2026, 1, 1), day(2026, 4, 1)}, {"Q4 2026", day(2026, 10, 1), day(2027, 1, 1)},
		{"2026-Q2", day(2026, 4, 1), day(2026, 7, 1)}, {"2026T3", day(2026, 7, 1), day(2026, 10, 1)}, {"1er trimestre 2026", day(2026, 1, 1), day(2026, 4, 1)},
		{"H2 2026", day(2026, 7, 1), day(2027, 1, 1)}, {"2e semestre 2026", day(2026, 7, 1), day(2027, 1, 1)}, {"2026", day(2026, 1, 1), day(2027, 1, 1)},
		{"2026-W01", day(2025, 12, 29), day(2026, 1, 5)}, {"semaine 12 2026", day(2026, 3, 16), day(2026, 3, 23)}, {"31/12/2026", day(2026, 12, 31), day(2027, 1, 1)},
		{"2026-03-29", day(2026, 3, 29), day(2026, 3, 30)}, {"du 01/03/2026 au 31/03/2026", day(2026, 3, 1), day(2026, 4, 1)},
		{"2026-03-01/2026-03-31", day(2026, 3, 1), day(2026, 4, 1)}, {"2026-03-01 - 2026-03-07", day(2026, 3, 1), day(2026, 3, 8)}, {"mars 2026 - mai 2026", day(2026, 3, 1), day(2026, 6, 1)},
	} {
		s, ok := ReadSpan(c.in, "dmy", paris)
		if !ok || !s.From.Equal(c.from) || !s.Until.Equal(c.until) {
			t.Errorf("%q: %v %v", c.in, s, ok)
		}
	}
	for _, in := range []string{"", "2026-13", "T5 2026", "mars", "2026-W54", "2025-W53", "31/02/2026", "2026-03-01/2026-02-01", "S1 2026", "avant", "2026-03-01 10:30", "9999-01", strings.Repeat("1", 300)} {
		if s, ok := ReadSpan(in, "dmy", paris); ok {
			t.Errorf("%q was read as %v", in, s)
		}
	}
}

// TestMoneyRoundTrip holds that an amount, however people and this program write it, is read as what it was.
func TestMoneyRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(-1e14, 1e14).Draw(t, "minor")
		currency := rapid.SampledFrom([]string{"EUR", "GBP", "USD", "JPY", "CHF", "TND"}).Draw(t, "currency")
		mark := rapid.SampledFrom([]string{",", "."}).Draw(t, "mark")
		group := rapid.SampledFrom([]string{"", " ", "\u00a0", "\u202f", "'", ".", ","}).Filter(func(g string) bool { return g != mark }).Draw(t, "group")
		n := MinorFigures(currency)
		d := Decimal{minor, n}
		whole, part, _ := strings.Cut(strings.TrimPrefix(d.String(), "-"), ".")
		text := ""
		for i, r := range whole {
			if i > 0 && (len(whole)-i)%3 == 0 {
				text += group
			}
			text += string(r)
		}
		if part != "" {
			text += mark + part
		}
		if minor < 0 {
			switch rapid.IntRange(0, 3).Draw(t, "sign") {
			case 0:
				text = "-" + text
			case 1:
				text = "(" + text + ")"
			case 2:
				text = "\u2212" + text
			case 3:
				text += "-"
			}
		}
		said := currency
		if rapid.Bool().Draw(t, "inside") {
			text, said = text+"\u00a0"+currency, ""
			if strings.Contains(text, "(") || strings.Contains(text, "-\u00a0") {
				text, said = strings.TrimSuffix(text, "\u00a0"+currency), currency
			}
		}
		got, unit, reason := ReadMoney(text, mark, said, "")
		if got != minor || unit != currency || reason != "" {
			t.Fatalf("%q: %d %s %s, want %d %s", text, got, unit, reason, minor, currency)
		}
	})
}

// TestPageMoneyRoundTrip holds that what a page shows can be brought back by a file.
func TestPageMoneyRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(-1e12, 1e12).Draw(t, "minor")
		lang := rapid.SampledFrom([]string{"fr", "en"}).Draw(t, "lang")
		currency := rapid.SampledFrom([]string{"EUR", "GBP", "USD", "CHF", "JPY"}).Draw(t, "currency")
		text := i18n.Money(i18n.With(context.Background(), lang, nil), minor, currency)
		mark := map[string]string{"fr": ",", "en": "."}[lang]
		got, unit, reason := ReadMoney(text, mark, "", "")
		if got != minor || unit != currency || reason != "" {
			t.Fatalf("%q: %d %s %s, want %d %s", text, got, unit, reason, minor, currency)
		}
	})
}

func TestNumberRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := Decimal{rapid.Int64Range(-1e15, 1e15).Draw(t, "coef"), rapid.IntRange(0, 9).Draw(t, "scale")}
		text := d.String()
		mark := rapid.SampledFrom([]string{",", "."}).Draw(t, "mark")
		got, unit, reason := ReadDecimal(strings.Replace(text, ".", mark, 1), mark)
		if got != d || unit != "" || reason != "" {
			t.Fatalf("%q: %v %q %q", text, got, unit, reason)
		}
		want, err := strconv.ParseFloat(text, 64)
		if err != nil || got.Float() != want {
			t.Fatalf("%q is %v", text, got.Float())
		}
	})
}

// TestPeriodRoundTrip holds that a period is read as it is written, in each zone, over clock changes.
func TestPeriodRoundTrip(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Europe/Paris", "America/Sao_Paulo", "Pacific/Apia"} {
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, z)
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		year, month := rapid.IntRange(1970, 2199).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month")
		from := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, zone)
		until := time.Date(year, time.Month(month+1), 1, 0, 0, 0, 0, zone)
		for _, lang := range []string{"fr", "en"} {
			ctx := i18n.With(context.Background(), lang, zone)
			for _, text := range []string{fmt.Sprintf("%d-%02d", year, month), fmt.Sprintf("%d/%d", month, year), i18n.Month(ctx, from.Add(12*time.Hour))} {
				if s, ok := ReadSpan(text, "dmy", zone); !ok || !s.From.Equal(from) || !s.Until.Equal(until) {
					t.Fatalf("%q: %v %v", text, s, ok)
				}
			}
		}
	})
}

func FuzzFigures(f *testing.F) {
	for _, s := range []string{"1 234,50 €", "(1.5)", "1h30", "1:30", "90 min", "T1 2026", "du 1/3/2026 au 31/3/2026", "2026-W53", "12 %", "−3 k€", "1.234.567,8", "\u202f", "()", "h", ":"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, mark := range []string{",", ".", ""} {
			if d, _, reason := ReadDecimal(s, mark); reason == "" {
				if v := d.Float(); math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("%q is %v", s, v)
				}
			}
			if _, currency, reason := ReadMoney(s, mark, "", "EUR"); reason == "" && CurrencyOf(currency) != currency {
				t.Fatalf("%q is in %q", s, currency)
			}
			if h, reason := ReadHours(s, mark, ""); reason == "" && (math.IsNaN(h) || math.IsInf(h, 0)) {
				t.Fatalf("%q is %v", s, h)
			}
		}
		if span, ok := ReadSpan(s, "dmy", time.UTC); ok && (!span.From.Before(span.Until) || span.From.Year() < 1969 || span.Until.Year() > 2201) {
			t.Fatalf("%q is %v", s, span)
		}
	})
}

// TestFactsContradict holds that two lines under one reference are refused, unless the file says which of them came later.
func TestFactsContradict(t *testing.T) {
	t.Parallel()
	for text, refusals := range map[string]int{
		"id;date;nombre\n1;01/03/2026;3\n1;01/03/2026;3\n":             0,
		"id;date;nombre\n1;01/03/2026;3\n1;01/03/2026;4\n":             1,
		"id;date;nombre;version\n1;01/03/2026;3;1\n1;01/03/2026;4;2\n": 0,
	} {
		n := 0
		for _, r := range readAll(t, "facts", write(t, "f.csv", []byte(text)), Options{Now: now, Settings: Settings{Target: "fact.contact"}}) {
			if r.Refused != nil {
				n++
			}
		}
		if n != refusals {
			t.Errorf("%q: %d refused, want %d", text, n, refusals)
		}
	}
}

func FuzzFacts(f *testing.F) {
	fuzzFormat(f, "facts", "t.csv", "Mois;Catégorie;Montant\nmars 2026;plateforme;1 234,50 €\n", "date,hours,team\n2026-03-01,1h30,a\n", "date,rating,scale\n2026-03-01,4,csat\n", "period,visits,metric\n2026-W12,3,reach\n",
		"date,unit price,price before,quantity\n2026-01-01,12,13,4\n")
}

func TestFactsRefused(t *testing.T) {
	t.Parallel()
	file := write(t, "couts.csv", []byte("Mois;Catégorie;Montant\nmars 2026;plateforme;1 234,50\navril 2026;plateforme;douze\nmai 2026;bizarre;1\n13/2026;plateforme;1\n2027-03;plateforme;1\n"))
	rows := readAll(t, "facts", file, Options{Now: now})
	if len(rows) != 5 || rows[0].Fact == nil {
		t.Fatalf("%+v", rows)
	}
	if a := rows[0].Fact; a.Amount != 123450 || a.Currency != "EUR" || a.At.Format(time.DateOnly) != "2026-03-01" {
		t.Errorf("%+v", a)
	}
	ctx := i18n.With(t.Context(), "fr", nil)
	for i, want := range []string{"Colonne «\u00a0Montant\u00a0»", "Colonne «\u00a0Catégorie\u00a0»", "Colonne «\u00a0Mois\u00a0»", "Colonne «\u00a0Mois\u00a0»"} {
		row := rows[i+1]
		if row.Refused == nil {
			t.Errorf("%s is not refused", row.Place)
			continue
		}
		if got := row.Refused.In(ctx); !strings.HasPrefix(got, want) || row.Place.N != int64(i+3) {
			t.Errorf("%s: %q", row.Place, got)
		}
	}
}

// TestFactsKnownAgain holds what makes two lines one fact, two facts, or two statements about a fact.
func TestFactsKnownAgain(t *testing.T) {
	t.Parallel()
	read := func(text string) []ledger.Activity {
		var out []ledger.Activity
		for _, r := range readAll(t, "facts", write(t, "f.csv", []byte(text)), Options{Now: now, Settings: Settings{Target: "fact.contact"}}) {
			if r.Fact == nil {
				t.Fatalf("%+v", r.Refused)
			}
			out = append(out, *r.Fact)
		}
		return out
	}
	named := append(read("id;date;statut\n1;01/03/2026;assisté\n2;01/03/2026;\n"), read("id;date;statut\n1;02/03/2026;assisté\n")...)
	named[1], named[2] = named[2], named[1]
	if named[0].Object != named[1].Object || named[0].Key == named[1].Key || named[0].Object == named[2].Object {
		t.Error("a fact is its reference")
	}
	nameless := read("date;statut\n01/03/2026;assisté\n01/03/2026;assisté\n02/03/2026;assisté\n")
	again := read("date;statut\n02/03/2026;assisté\n01/03/2026;assisté\n01/03/2026;assisté\n")
	objects := map[string]bool{}
	for _, a := range append(nameless, again...) {
		objects[a.Object] = true
	}
	if len(objects) != 3 {
		t.Errorf("%d facts, want 3", len(objects))
	}
	said := map[string]string{}
	a, b := named[0], named[1]
	var keys []string
	for _, list := range [][]ledger.Activity{{a, a, b}, {b}, {a}, {a, b}} { // a b | | a | b
		for _, s := range ledger.Restate(said, list) {
			keys = append(keys, s.Key)
		}
	}
	distinct := map[string]bool{}
	for _, k := range keys {
		distinct[k] = true
	}
	if len(keys) != 4 || len(distinct) != 4 {
		t.Errorf("%v", keys)
	}
}
