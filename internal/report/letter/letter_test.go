package letter_test

import (
	"strings"
	"testing"

	"github.com/entente/entente/internal/report/letter"
)

func TestLetter(t *testing.T) {
	t.Parallel()
	d := letter.Doc{Lang: "en", Title: "Monday <b>", Brand: "Vélo", Colon: ": ", Open: "https://velo.example/dashboards/1", OpenLabel: "Open", Unsubscribe: "https://velo.example/unsubscribe/x", UnsubscribeLabel: "End it",
		Blocks: []letter.Block{{Title: "Numbers", Figures: []letter.Figure{{Label: "Volume", Value: "41", Good: -1, Change: "+3", Href: "javascript:alert(1)", Bars: []letter.Bar{{Label: "forum", Value: "40", Share: 2}, {Label: "blog", Value: "0"}}}}},
			{Title: "Nothing", Empty: "Nothing to tell."}, {Title: "Table", Table: &letter.Table{Head: []string{"What", "How"}, Rows: [][]letter.Line{{{Text: "Keep"}, {Text: "Off"}}}}}}}
	html, err := d.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"<script", "<style", "<svg", "<img", "<b>", "javascript:", "class="} {
		if strings.Contains(string(html), never) {
			t.Errorf("a mail holds %q", never)
		}
	}
	for _, want := range []string{"Monday &lt;b&gt;", `width="100%" bgcolor`, "Nothing to tell.", "https://velo.example/unsubscribe/x", "forum: 40"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("the mail does not hold %q", want)
		}
	}
	for _, want := range []string{"Monday <b>\n==========", "* Volume: 41\n", "#################### forum: 40", "Nothing to tell.", "* Keep\n  How: Off", "End it: https://velo.example/unsubscribe/x"} {
		if !strings.Contains(d.Text(), want) {
			t.Errorf("the text does not hold %q:\n%s", want, d.Text())
		}
	}
}
