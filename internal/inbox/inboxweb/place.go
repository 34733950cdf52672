package inboxweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type placesView struct {
	list   []inbox.Place
	now    time.Time
	may    bool
	errors []ui.FieldError
}

// places lists where we speak, and what is known of it.
func (p *pages) places(w http.ResponseWriter, r *http.Request) error {
	return p.showPlaces(w, r, nil)
}

func (p *pages) showPlaces(w http.ResponseWriter, r *http.Request, errors []ui.FieldError) error {
	ctx := r.Context()
	v := &placesView{now: p.inbox.Now(), may: org.Who(ctx).May(org.InboxAssign), errors: errors}
	var err error
	if v.list, err = p.inbox.Places(ctx); err != nil {
		return err
	}
	if len(errors) > 0 {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "inbox.place.title")}, placesPage(v))
}

func (p *pages) setPlace(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	place := inbox.Place{Channel: clean(r.PathValue("channel")), Own: f.Has("own"), Names: f.Has("names"), Remark: f.Text("remark")}
	field := func(name string) string { return name + "-" + place.Channel }
	var errors []ui.FieldError
	day := func(name string) time.Time {
		v := f.Text(name)
		if v == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation(time.DateOnly, v, i18n.Zone(ctx))
		if err != nil {
			errors = append(errors, ui.FieldError{Field: field(name), Text: i18n.T(ctx, "inbox.place.bad_day")})
		}
		return t
	}
	place.ReadSince, place.IntroducedAt = day("read_since"), day("introduced_at")
	if place.ReadDays, err = strconv.Atoi(f.Text("read_days")); err != nil {
		place.ReadDays = -1
	}
	if len(errors) == 0 {
		if _, err := p.inbox.SetPlace(ctx, f.Text("seen"), place); err != nil {
			pr := problem.Of(err)
			if pr.Code != problem.Invalid {
				return told(w, r, err, "/places")
			}
			errors = append(errors, ui.FieldError{Field: field(pr.Field), Text: i18n.T(ctx, pr.Key, pr.Args...)})
		}
	}
	if len(errors) > 0 {
		return p.showPlaces(w, r, errors)
	}
	web.Flash(w, r, ui.Success, "inbox.done.place")
	return web.Redirect(w, r, "/places")
}

func dayValue(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
