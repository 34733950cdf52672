package strategyweb_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/strategy"
)

// upload sends a file as a form does.
func (v *visitor) upload(path, name string, body []byte, pairs ...string) answer {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			v.t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile(name, "map.json")
	if err != nil {
		v.t.Fatal(err)
	}
	f.Write(body)
	w.Close()
	req, _ := http.NewRequest("POST", v.URL+path, &b)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(req)
}

// TestSeveralMaps walks the way of who keeps several maps, without JavaScript: templates, parts, contributions, editing by forms, taking
// back, history, links to share, presentations, two dates, line of sight, files.
func TestSeveralMaps(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		ada, vic, nobody := x.visitor("ada@velo.example"), x.visitor("vic@velo.example"), &visitor{x, &http.Client{}}
		ada.says(ada.get("/strategy/maps/new"), 200, "Social business", "Small firm", "Employees first", "Alliance", "Empty map", "map-sketch", "Bring a map")
		ada.says(ada.post("/strategy/maps", "template", "social", "kind", "organisation", "name_en", "Group"), 200, "Keep the customers we have", "Group", "Service that is talked about")
		ada.says(ada.post("/strategy/maps", "template", "empty", "kind", "department"), 422, "Please give a name")
		empty := ada.post("/strategy/maps", "template", "empty", "kind", "department", "name_en", "Nothing yet")
		ada.says(empty, 200, "No objectives yet")
		if strings.Contains(empty.text, "Does the map hold together") || strings.Contains(empty.text, "Nothing to put right") {
			t.Error("an empty map is said to be well")
		}
		ada.post("/strategy/maps/" + regexp.MustCompile(`/strategy/maps/([0-9a-z]+)/edit`).FindStringSubmatch(empty.text)[1] + "/remove")
		ada.says(ada.post("/strategy/maps", "template", "none", "kind", "department"), 422, "no such template")
		ada.says(ada.post("/strategy/maps", "template", "small", "kind", "department", "scope", "Workshop", "name_en", "Bench", "name_fr", "Établi"), 200, "Bench", "Mend what is complained about")
		maps, err := x.s.Maps(x.ctx)
		if err != nil || len(maps) != 2 {
			t.Fatal(maps, err)
		}
		group, bench := maps[0].ID, maps[1].ID
		full := func(id string) strategy.Map {
			m, err := x.s.Map(x.ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		find := func(id, name string) strategy.Objective {
			t.Helper()
			for _, o := range full(id).Objectives {
				if o.Name.In("en") == name {
					return o
				}
			}
			t.Fatalf("there is no objective %q", name)
			return strategy.Objective{}
		}
		mend, keep := find(bench, "Mend what is complained about"), find(group, "Keep the customers we have")
		objective := "/strategy/objectives/" + mend.ID
		ada.says(ada.post(objective+"/contributions", "serves", keep.ID, "weight", "two"), 422, "The weight is a number")
		ada.says(ada.post(objective+"/contributions", "serves", keep.ID, "weight", "2,5", "note", "because"), 200, "Keep the customers we have", "weight 2.5", "because")
		ada.says(ada.get("/strategy/objectives/"+keep.ID), 200, "Contributions from other maps", "Mend what is complained about", "Bench")
		ada.says(ada.get("/strategy/maps"), 200, "Group", "Bench", "A department · Workshop", "What contributes to what", "Mend what is complained about", "map-sketch")
		ada.says(ada.get("/strategy?map="+group), 200, "1 contribution from another map")
		ada.says(ada.post(objective+"/contributions/"+keep.ID+"/remove"), 200, "The contribution was removed.")

		// Parts of a map.
		edit := "/strategy/maps/" + group + "/edit"
		ada.says(ada.post("/strategy/maps/"+group+"/perspectives", "new_perspective_en", ""), 422, "Please give a name", "f-new_perspective_en")
		ada.says(ada.post("/strategy/maps/"+group+"/perspectives", "new_perspective_en", "Society", "colour", "4"), 200, "Society")
		society := full(group).Bands()[3]
		ada.says(ada.post("/strategy/perspectives/"+society.ID+"/move", "to", "back", "map", group), 200, "Saved.")
		if b := full(group).Bands()[2]; b.ID != society.ID || b.Colour != 4 {
			t.Errorf("the third band is %+v", b)
		}
		ada.says(ada.post("/strategy/perspectives/"+full(group).Bands()[0].ID+"/remove", "map", group), 200, "say where they go")
		ada.says(ada.post("/strategy/perspectives/"+society.ID+"/remove", "map", group), 200, "Saved.")
		ada.says(ada.post("/strategy/maps/"+group+"/themes", "new_theme_en", "Safety", "colour", "6"), 200, "Safety")
		theme := full(group).Themes[2]
		ada.says(ada.post("/strategy/objectives/"+keep.ID, "name_en", keep.Name["en"], "perspective", keep.Perspective, "theme", theme.ID, "goal", "Grow", "goal_kind", "retention", "stage", "impact"),
			200, "Retention · Grow", "Impact", "Safety")
		ada.says(ada.get("/strategy?map="+group+"&theme="+theme.ID), 200, "is-dim", "Safety")
		// A form that somebody else overtook comes back with what was typed.
		for path, typed := range map[string][]string{"/strategy/objectives/" + keep.ID: {"name_en", keep.Name["en"], "perspective", keep.Perspective, "note", "typed meanwhile"}, "/strategy/maps/" + group: {"name_en", "typed meanwhile"}} {
			form := ada.get(path + "/edit")
			ada.says(form, 200, `name="seen" value="`)
			ada.says(ada.post(path, append(typed, "seen", "what was there before")...), 422, "Somebody else changed it meanwhile", "typed meanwhile", `value="what was there before"`)
		}
		ada.says(ada.get(edit), 200, "Safety", "colour_theme_"+theme.ID)
		ada.says(ada.post("/strategy/themes/"+theme.ID+"/remove", "map", group), 200, "Saved.")

		// The editor, by forms.
		draw := "/strategy/maps/" + bench + "/draw"
		ada.says(ada.get(draw), 200, "entente-map", "map-handle", "map-drop", "crossings", "Mend what is complained about")
		ada.says(ada.post("/strategy/maps/"+bench+"/quick", "name", "Sell bikes", "perspective", mend.Perspective, "back", "draw"), 200, "Sell bikes", "Take back: Added an objective, Sell bikes")
		ada.says(ada.post("/strategy/maps/"+bench+"/quick", "name", "", "perspective", mend.Perspective, "back", "draw"), 200, "Please give a name")
		sell := find(bench, "Sell bikes")
		ada.says(ada.post("/strategy/objectives/"+sell.ID+"/rename", "name", "Sell more bikes", "back", "draw"), 200, "Sell more bikes")
		ada.says(ada.post("/strategy/objectives/"+sell.ID+"/move", "to", "up", "back", "draw"), 200, "Edit the drawing")
		if o := find(bench, "Sell more bikes"); o.Perspective == sell.Perspective {
			t.Error("it was not moved up")
		}
		ada.says(ada.post("/strategy/objectives/"+sell.ID+"/move", "perspective", sell.Perspective, "before", mend.ID, "back", "draw"), 200)
		if row := full(bench).Row(sell.Perspective); len(row) < 2 || row[0].ID != sell.ID && row[1].ID != sell.ID {
			t.Errorf("the row is %v", row)
		}
		ada.says(ada.post("/strategy/objectives/"+mend.ID+"/links", "serves", mend.ID, "lag", "4", "back", "draw"), 200, "cannot serve itself")
		ada.says(ada.post("/strategy/maps/"+bench+"/undo", "back", "draw"), 200, "Taken back.", "Bring back: Moved an objective")
		ada.says(ada.post("/strategy/maps/"+bench+"/redo", "back", "draw"), 200, "Brought back.")
		ada.says(ada.get("/strategy/maps/"+bench+"/history"), 200, "Moved an objective", "Sell more bikes", "Ada Morel", "Added a map")
		change, err := x.s.Changes(x.ctx, bench, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range change {
			if c.Action == "strategy.objective_changed" {
				ada.says(ada.post("/strategy/maps/"+bench+"/history/"+c.ID+"/undo"), 200, "Taken back.", "Sell bikes")
			}
		}
		// The browser's editor is told in words what was refused.
		req, _ := http.NewRequest("POST", x.URL+"/strategy/objectives/"+mend.ID+"/links", strings.NewReader("serves="+mend.ID+"&lag=4&back=draw"))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("HX-Request", "true")
		ada.says(ada.do(req), 422, "toast", "An objective cannot serve itself.")

		// A link for readers without an account.
		ada.says(ada.post("/strategy/maps/"+bench+"/shares", "label", "Board", "days", "0", "shows", "states"), 422, "A link lasts between 1 and 366 days.")
		made := ada.post("/strategy/maps/"+bench+"/shares", "label", "Board", "days", "7", "shows", "names")
		ada.says(made, 200, "The link is ready", "Board")
		path := regexp.MustCompile(`/shared/strategy/[A-Za-z0-9_-]{43}`).FindString(made.text)
		shared := nobody.get(path)
		nobody.says(shared, 200, "Mend what is complained about", "noindex", "Shared with you until")
		if shared.header.Get("X-Robots-Tag") == "" || shared.header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(shared.text, "/strategy/objectives/") || strings.Contains(shared.text, "On track ") {
			t.Errorf("a shared page: %v", shared.header)
		}
		for _, untold := range []string{"Too few data", "No recent data", "No measure yet"} {
			if strings.Contains(shared.text, untold) {
				t.Errorf("a page of names says %q of how things stand", untold)
			}
		}
		slide := nobody.get(path + "/present?step=1")
		nobody.says(slide, 200, "1 of", "Leave")
		if strings.Contains(slide.text, "/strategy/objectives/") || strings.Contains(slide.text, "/measures/") {
			t.Error("who has no account is shown ways that are closed to them")
		}
		_, list, _ := strings.Cut(vic.get("/strategy?map="+bench+"&state=on-track").text, `id="list"`)
		if list, _, _ = strings.Cut(list, "</table>"); list == "" || strings.Contains(list, mend.ID) {
			t.Error("an objective without a state is listed among those on track")
		}
		ada.says(ada.get("/strategy/maps"), 200, "Links shared with others", "Board")
		if vics := vic.get("/strategy/maps"); strings.Contains(vics.text, "Links shared with others") {
			t.Error("a volunteer is shown the links of all maps")
		}
		nobody.says(nobody.get("/shared/strategy/"+strings.Repeat("A", 43)), 404, "This link does not work")
		shares, err := x.s.Shares(x.ctx, bench)
		if err != nil || len(shares) != 1 {
			t.Fatal(shares, err)
		}
		ada.says(ada.post("/strategy/shares/"+shares[0].ID+"/revoke", "map", bench), 200, "The link no longer works.", "Revoked")
		nobody.says(nobody.get(path), 404)

		for page, words := range map[string][]string{
			"/strategy?map=" + bench:                         {"/strategy?map=" + bench + "&state=unknown#list", `id="list">`},
			"/strategy?map=" + bench + "&state=unknown":      {"Mend what is complained about", "All objectives", `id="list" open`},
			"/strategy/maps":                                 {"&state=unknown#list"},
			"/strategy/present?map=" + bench + "&step=0":     {"&state=unknown#list"},
			"/strategy/present?map=" + bench:                 {"slide-title", "Bench", `data-slide="next"`},
			"/strategy/present?map=" + bench + "&step=2":     {`data-slide="back"`, "2 of"},
			"/strategy/present?map=" + bench + "&step=9999":  {`data-slide="back"`},
			"/strategy/compare?map=" + bench:                 {"What changed", "The map was made on"},
			"/strategy/objectives/" + mend.ID + "/sight":     {"Line of sight", "map-chain", "Up to value"},
			"/strategy/map.svg?map=" + bench:                 {"<svg"},
			"/strategy/maps/" + bench + "/history?before=2":  {"Added a map"},
			"/strategy/maps/" + bench + "/history?before=xx": {"Added a map"},
		} {
			a := vic.get(page)
			vic.says(a, 200, words...)
			if bad := unspoken.FindString(nonces.ReplaceAllString(a.text, "")); bad != "" {
				t.Errorf("%s says %q", page, bad)
			}
		}
		ada.says(ada.get("/strategy/compare?map="+bench), 200, "<li>Added a map: Bench <span", "Ada Morel · <time")
		ada.says(ada.get("/strategy/compare?map="+bench+"&from=yesterday"), 422, "Please give a date")
		// A day that makes no sense is not taken for today without a word.
		for _, page := range []string{"/strategy?map=" + bench, "/strategy/present?map=" + bench, "/strategy/objectives/" + mend.ID + "/sight?x=", "/strategy/objectives/" + mend.ID + "?x=",
			"/strategy/compare?map=" + bench + "&from=1999-01-01&x="} {
			ada.says(ada.get(page+"&at=2199-01-01"), 200, "is not a day that can be looked back to")
		}
		ada.says(ada.get("/strategy/map.svg?map="+bench+"&at=someday"), 422, "someday")
		ada.says(ada.get("/strategy/compare?map="+bench+"&to=2001-01-01&from="+x.now.Format("2006-01-02")), 200, "is not a day")
		ada.says(ada.get("/strategy/compare?map="+bench+"&from="+x.now.AddDate(0, 0, -2).Format("2006-01-02")+"&to="+x.now.AddDate(0, 0, -9).Format("2006-01-02")), 200, "put in order")
		// Themes have an order that can be changed.
		if themes := full(group).Themes; len(themes) > 1 {
			ada.says(ada.post("/strategy/themes/"+themes[0].ID+"/move", "to", "on", "map", group), 200, "Saved.")
			if now := full(group).Themes; now[0].ID != themes[1].ID || now[1].ID != themes[0].ID {
				t.Errorf("the themes stand as %+v", now)
			}
			vic.says(vic.post("/strategy/themes/"+themes[0].ID+"/move", "to", "on", "map", group), 403)
		} else {
			t.Error("the template has no two themes")
		}
		vic.says(vic.get(draw), 403)
		vic.says(vic.post("/strategy/maps/"+bench+"/undo"), 403)
		// There is no printer in this test.
		ada.says(ada.get("/strategy/map.pdf?map="+bench), 404, "no Chromium")
		ada.says(ada.get("/strategy?map="+bench), 200, "PNG and PDF need a Chromium")

		// There and back as a file.
		file := ada.get("/strategy/map.json?map=" + bench)
		ada.says(ada.upload("/strategy/maps/import", "file", []byte(file.text), "lenient", "true"), 200, "The map is there.", "Bench")
		wrong := `{"name":{"en":"M"},"perspectives":[{"id":"a","name":{"en":"A"}}],"objectives":[{"id":"o","perspective":"a","name":{"en":"Sell dearer"},"measures":[%s]}]}`
		ada.says(ada.upload("/strategy/maps/import", "file", fmt.Appendf(nil, wrong, `{"id":"volume","direction":"maximise","baseline":2,"target":2}`)), 422, "“Sell dearer”: The target is the baseline")
		ada.says(ada.upload("/strategy/maps/import", "file", fmt.Appendf(nil, wrong, `{"id":"volume","filter":{"topic":"Tandems"}}`)), 422, "There is no topic called “Tandems” here.")
		ada.says(ada.upload("/strategy/maps/import", "file", []byte("<map/>")), 422, "not a map as Entente writes it")
		ada.says(ada.post("/strategy/maps/import"), 422, "Bring a map")
	})
}

// nonces hold any letters by chance.
var nonces = regexp.MustCompile(`nonce="[^"]*"`)
