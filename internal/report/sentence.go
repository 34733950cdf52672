package report

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/report/tell"
)

// Namer says what a value of a dimension is called.
type Namer func(ctx context.Context, by kpi.Dimension, id string) string

// Sentence is a note in the language of ctx.
func (n Note) Sentence(ctx context.Context, name Namer) string {
	if n.Kind == Silent {
		if n.SilentSince.IsZero() {
			return i18n.T(ctx, "report.note.never_heard", "Channel", n.Channel)
		}
		return i18n.T(ctx, "report.note.silent", "Channel", n.Channel, "Since", i18n.DateTime(ctx, n.SilentSince))
	}
	u := n.Measure.Unit
	from, to := tell.Pair(ctx, u, n.Currency, n.From, n.To)
	if n.Kind == Surged || n.Kind == Dipped {
		n.From, n.To = math.Round(n.From), math.Round(n.To)
		from, to = i18n.Number(ctx, n.From, 0), i18n.Number(ctx, n.To, 0)
	}
	write := func(text string, v float64) string {
		if word := measure.Word(ctx, u, v); word != "" {
			text += "\u00a0" + word
		}
		return text
	}
	about := measure.Name(ctx, n.Measure)
	if f := Narrowed(n.Filter); len(f) > 0 {
		about += " (" + parts(ctx, f, name) + ")"
	}
	args := []any{"Measure", about, "From", write(from, n.From), "To", write(to, n.To), "N", i18n.Number(ctx, float64(n.N), 0), "Day", i18n.Day(ctx, n.Window.From), "Days", i18n.Number(ctx, float64(n.Days(ctx)), 0),
		"Weekday", i18n.T(ctx, "report.weekday."+strconv.Itoa(int(n.Window.From.In(i18n.Zone(ctx)).Weekday())))}
	key := "report.note." + string(n.Kind)
	if most := n.most(ctx, name); most != "" {
		key += "_mostly"
		args = append(args, "Mostly", most, "Part", i18n.Number(ctx, float64(n.NarrowedN), 0))
	}
	return i18n.T(ctx, key, args...)
}

// most is the part that made most of it, such as "complaints in French on Mondays".
func (n Note) most(ctx context.Context, name Namer) string {
	out := parts(ctx, n.Mostly, name)
	if n.OnWeekday {
		out = strings.TrimSpace(out + " " + i18n.T(ctx, "report.weekdays."+strconv.Itoa(int(n.Weekday))))
	}
	return out
}

// parts writes narrowings in the order in which they read: what, then in which language, where, about what.
func parts(ctx context.Context, list []Narrowing, name Namer) string {
	var out []string
	for _, by := range []kpi.Dimension{kpi.ByKind, kpi.ByLanguage, kpi.ByChannel, kpi.ByTopic, kpi.ByMember, kpi.ByTeam, kpi.ByPartner, kpi.ByCampaign, kpi.ByCommunity} {
		for _, p := range list {
			if p.By != by {
				continue
			}
			if key := "report.kinds." + p.Value; by == kpi.ByKind && i18n.Has(key) {
				out = append(out, i18n.T(ctx, key))
				continue
			}
			out = append(out, i18n.T(ctx, "report.part."+string(by), "Name", name(ctx, by, p.Value)))
		}
	}
	return strings.Join(out, " ")
}

// Namer reads what channels, topics, members and communities are called.
func (s *Service) Namer(ctx context.Context) (Namer, error) {
	names := map[kpi.Dimension]map[string]string{}
	for _, by := range []kpi.Dimension{kpi.ByChannel, kpi.ByTopic, kpi.ByMember, kpi.ByCommunity} {
		list, err := s.measures.Values(ctx, by, measure.Window{})
		if err != nil {
			return nil, err
		}
		names[by] = map[string]string{}
		for _, c := range list {
			names[by][c.ID] = c.Name
		}
	}
	return func(ctx context.Context, by kpi.Dimension, id string) string {
		return tell.Value(ctx, by, id, names[by][id])
	}, nil
}

// Path is where the rows behind a note are.
func (n Note) Path(ctx context.Context) string {
	if n.Kind == Silent {
		return "/channels/" + n.ChannelID
	}
	rows := RowsPath(ctx, n.Measure.ID, n.Window, n.Narrowed)
	if n.OnWeekday {
		rows += "&weekday=" + strconv.Itoa((int(n.Weekday)+6)%7+1)
	}
	return rows
}

// Days is how many days the window of a note has, by the calendar of ctx.
func (n Note) Days(ctx context.Context) int {
	return int(n.Window.To.Sub(n.Window.From)/(24*time.Hour)) + 1
}
