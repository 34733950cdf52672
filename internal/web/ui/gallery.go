package ui

import (
	"math"
	"time"

	"github.com/entente/entente/internal/web/ui/chart"
)

// The sample figures of the gallery are made by formulas: the same on every machine and every day.

func galleryDay(i int) time.Time {
	return time.Date(2026, time.May, 4, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i)
}

func wave(i int, period, size float64) float64 {
	return size * math.Sin(2*math.Pi*float64(i)/period)
}

func galleryVolume() chart.LinesProps {
	ours, others := make([]chart.Point, 0, 180), make([]chart.Point, 0, 180)
	for i := range 180 {
		crisis := 95 * math.Exp(-math.Pow(float64(i-102)/6, 2))
		v := 38 + wave(i, 7, 9) + wave(i, 61, 8) + wave(i*i, 17, 3) + crisis
		p := chart.Point{At: galleryDay(i), Value: math.Round(v), Low: v - 6 - crisis/8, High: v + 6 + crisis/8, N: int(v)}
		if i >= 60 && i < 66 {
			p.Value = chart.Missing()
		}
		ours = append(ours, p)
		others = append(others, chart.Point{At: galleryDay(i), Value: math.Round(24 + wave(i, 7, 5) + wave(i, 90, 6))})
	}
	target := 60.0
	return chart.LinesProps{
		Title: "Mentions a day", Unit: chart.Count("posts", 0), FromZero: true, Target: &target,
		Series: []chart.Series{{Name: "Our brand", Points: ours}, {Name: "Competitor", Points: others, Dashed: true}},
		Marks: []chart.Mark{
			{From: galleryDay(98), To: galleryDay(110), Label: "Battery recall", Alarm: true},
			{From: galleryDay(30), Label: "New model"},
		},
		Note: "Mailbox not heard from 3 to 8 July: shown as a gap, not as zero.",
	}
}

func galleryBars() chart.BarsProps {
	names := []string{"Mail", "Forum", "Mastodon"}
	series := make([]chart.Series, len(names))
	for k, name := range names {
		series[k].Name = name
		for i := range 16 {
			v := 30 + wave(i+k*2, 7+float64(k), 9) + float64(9*(2-k)) + 14*math.Exp(-math.Pow(float64(i-11)/2, 2))
			series[k].Points = append(series[k].Points, chart.Point{At: galleryDay(i * 7), Value: math.Round(v)})
		}
	}
	return chart.BarsProps{Title: "Conversations opened, by channel", Unit: chart.Count("", 0), Step: chart.Week, Series: series}
}

func galleryResponse() chart.LinesProps {
	var points []chart.Point
	for i := range 16 {
		v := 7200 - float64(i)*260 + wave(i, 5, 600)
		points = append(points, chart.Point{At: galleryDay(i * 7), Value: v, Low: v * 0.8, High: v * 1.25, N: 40 + i})
	}
	target := 3600.0
	return chart.LinesProps{Title: "First response, median", Unit: chart.Duration(), Series: []chart.Series{{Points: points}}, Target: &target, FromZero: true}
}

func galleryOnePoint() chart.LinesProps {
	return chart.LinesProps{Title: "One point", Unit: chart.Share(0), Series: []chart.Series{{Points: []chart.Point{{At: galleryDay(0), Value: 0.84, Low: 0.71, High: 0.92, N: 31}}}}, FromZero: true}
}

func galleryDots() chart.DotsProps {
	target := 0.9
	return chart.DotsProps{
		Title: "Answered within a day", Unit: chart.Share(0), Target: &target,
		Items: []chart.Estimate{
			{Label: "Mail", Value: 0.94, Low: 0.91, High: 0.97, N: 412},
			{Label: "Forum", Value: 0.81, Low: 0.74, High: 0.87, N: 133},
			{Label: "A channel with quite a long name", Value: 0.66, Low: 0.41, High: 0.84, N: 14},
			{Label: "Webhook", Value: chart.Missing()},
		},
	}
}

func galleryBullets() []chart.BulletProps {
	f := func(v float64) *float64 { return &v }
	return []chart.BulletProps{
		{Label: "Response rate", Unit: chart.Share(0), Value: 0.81, Low: 0.77, High: 0.85, Baseline: f(0.62), Expected: f(0.78), Target: f(0.9), Tone: "success"},
		{Label: "Ideas put to work", Unit: chart.Count("ideas", 0), Value: 3, Baseline: f(0), Expected: f(7), Target: f(12), Tone: "danger"},
		{Label: "Sales by referral", Unit: chart.Money("EUR"), Value: chart.Missing(), Target: f(2500000)},
	}
}

const galleryMarkdown = "Grease the **hub**, then *listen* again:\n\n- turn the wheel\n- `click` or no click?\n\n> It clicks since the storm."

// galleryProse is what internal/community/markup makes of a post; it is written out here because ui knows no module.
const galleryProse = `<h3>The wheel clicks</h3>
<p>Grease the <strong>hub</strong>, then <em>listen</em> again, <span class="prose-mention">@amina</span>. See <a href="#bank">bank.example</a> <span class="prose-host">(thief.example)</span>.</p>
<blockquote><p>It clicks since the storm.</p></blockquote>
<ul><li>☑ turn the wheel</li><li>☐ call the shop<ol><li>in the morning</li></ol></li></ul>
<pre tabindex="0"><code class="language-go">if clicks { grease(hub, "fine oil", onceAWeek, andThenAgainAfterEveryRainThatIsLongerThanAnHour) }
</code></pre>
<div class="prose-table" tabindex="0"><table><thead><tr><th scope="col">Part</th><th scope="col" class="is-right">Price</th></tr></thead>
<tbody><tr><td>Hub</td><td class="is-right">24.00 €</td></tr><tr><td>Grease</td><td class="is-right">6.50 €</td></tr></tbody></table></div>
<hr>
<p>And <code>this</code> is <del>gone</del> done.</p>`
