package situationweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// saying is a statement as the war room shows it.
type saying struct {
	situation.Wording
	Situation *situation.Situation
	Progress  situation.Progress
	Fresh     int // conversations gathered since
	Mute      bool
	Written   string // names
	Approved  string
	Now       time.Time
	Findings  []inbox.Finding // before it is approved: what of the charter it does not meet
}

// moving reports whether its numbers change by themselves.
func (s *saying) moving() bool {
	return s.State == "underway" || s.State == "delivered" && s.Progress.Queued > 0
}

type roomPage struct {
	S                       situation.Situation
	Now                     time.Time
	Places                  []situation.Place
	Waiting                 int
	Sayings                 []saying
	Reached                 int
	Lines                   []situation.Line
	Alike                   int
	Owner                   string
	Names                   map[string]string
	Owners, Topics, Members []ui.Option
	Levels                  []ui.Option
	Token                   string
	Told                    []situation.Line
	Diversions              []situation.Diversion
	Targets, Crew           []ui.Option
}

func (p *pages) room(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := roomPage{Now: p.s.Now(), Names: map[string]string{}, Token: id.New()}
	var err error
	if v.S, err = p.s.Find(ctx, r.PathValue("id")); err != nil {
		return err
	}
	v.Owner = p.s.Name(ctx, v.S.Owner)
	if v.Places, err = p.s.Places(ctx, v.S.ID); err != nil {
		return err
	}
	for _, place := range v.Places {
		v.Waiting += place.Waiting
	}
	statements, err := p.s.Statements(ctx, v.S.ID)
	if err != nil {
		return err
	}
	for _, w := range statements {
		one, err := p.saying(ctx, &v.S, w)
		if err != nil {
			return err
		}
		v.Sayings = append(v.Sayings, one)
		if w.Kind != situation.Elsewhere {
			v.Reached = max(v.Reached, one.Progress.Sent+one.Progress.Rehearsed)
		}
	}
	if v.Lines, err = p.s.Log(ctx, v.S.ID); err != nil {
		return err
	}
	for _, l := range v.Lines {
		if l.Kind == ledger.SituationTold {
			for _, m := range l.Told.Members {
				v.Names[m] = p.s.Name(ctx, m)
			}
			v.Told = append(v.Told, l)
		}
	}
	for _, st := range v.S.Steps {
		v.Names[st.DoneBy] = p.s.Name(ctx, st.DoneBy)
	}
	if v.S.Open() && may(ctx, org.InboxEdit) {
		alike, err := p.s.Alike(ctx, &v.S)
		if err != nil {
			return err
		}
		v.Alike = len(alike)
	}
	if r.Header.Get("HX-Target") == "room" {
		return web.Part(w, r, roomRegion(&v))
	}
	v.Levels = levels(ctx)
	if v.Owners, err = p.owners(ctx, v.S.Owner); err != nil {
		return err
	}
	if v.Topics, err = p.topics(ctx); err != nil {
		return err
	}
	if err := p.diverted(ctx, &v); err != nil {
		return err
	}
	members, err := p.s.Colleagues(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		v.Members = append(v.Members, ui.Option{Value: m.ID, Label: m.Name})
	}
	return web.Show(w, r, web.Page{Title: v.S.Name, Wide: true}, roomBody(&v))
}

func (p *pages) saying(ctx context.Context, v *situation.Situation, w situation.Wording) (s saying, err error) {
	s = saying{Wording: w, Situation: v, Now: p.s.Now(), Written: p.s.Name(ctx, w.WrittenBy), Approved: p.s.Name(ctx, w.ApprovedBy)}
	if w.Kind == situation.Elsewhere {
		return s, nil
	}
	if w.State == "written" {
		if s.Findings, err = p.s.Check(ctx, &w); err != nil {
			return s, err
		}
	}
	if s.Progress, err = p.s.Progress(ctx, w.ID); err != nil {
		return s, err
	}
	if s.Fresh, err = p.s.Fresh(ctx, &w); err != nil {
		return s, err
	}
	if w.State == "underway" {
		name, err := p.s.Speaker(ctx, &w, v)
		s.Mute = name == ""
		return s, err
	}
	return s, nil
}

// progress answers the poll of a statement that goes out.
func (p *pages) progress(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.s.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "" {
		return web.Redirect(w, r, situation.Path(v.ID))
	}
	words, err := p.s.Statement(ctx, r.PathValue("statement"))
	if err != nil {
		return err
	}
	one, err := p.saying(ctx, &v, words)
	if err != nil {
		return err
	}
	return web.Part(w, r, progressPart(&one))
}

func (p *pages) acknowledge(w http.ResponseWriter, r *http.Request) error {
	_, err := p.s.Acknowledge(r.Context(), r.PathValue("id"))
	return back(w, r, err, "")
}

func (p *pages) turn(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	t := situation.Turn{Why: f.Text("why")}
	for name, to := range map[string]**string{"name": &t.Name, "about": &t.About, "level": &t.Level, "owner": &t.Owner, "topic": &t.Topic} {
		if f.Has(name) {
			text := f.Text(name)
			*to = &text
		}
	}
	if _, err = p.s.Change(r.Context(), r.PathValue("id"), t); err == nil {
		web.Flash(w, r, ui.Success, "situation.saved")
	}
	return back(w, r, err, "")
}

func (p *pages) gather(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	n := 0
	if f.Has("alike") {
		v, err := p.s.Find(ctx, r.PathValue("id"))
		if err != nil {
			return err
		}
		list, err := p.s.Alike(ctx, &v)
		if err != nil {
			return err
		}
		if n, err = p.s.Gather(ctx, v.ID, list); err != nil {
			return back(w, r, err, "")
		}
	} else if n, err = p.s.GatherFound(ctx, r.PathValue("id"), f.Text("words")); err != nil {
		return back(w, r, err, "")
	}
	web.Flash(w, r, ui.Success, "situation.gathered_flash", "N", n)
	return back(w, r, nil, "")
}

func (p *pages) let(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	to := situation.Path(r.PathValue("id")) + "/conversations"
	if err := p.s.Let(r.Context(), r.PathValue("id"), f.Values["id"]); err != nil {
		return refused(w, r, err, to)
	}
	return web.Redirect(w, r, to)
}

func (p *pages) step(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(f.Text("step"))
	if err != nil {
		n = -1
	}
	_, err = p.s.Finish(r.Context(), r.PathValue("id"), n, f.Text("note"))
	return back(w, r, err, "")
}

func (p *pages) tell(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	err = p.s.Tell(r.Context(), r.PathValue("id"), ledger.Told{Members: f.Values["members"], Others: f.Text("others"), Text: f.Text("text")}, f.Text("token"))
	return back(w, r, err, "#told")
}

func (p *pages) note(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return back(w, r, p.s.Note(r.Context(), r.PathValue("id"), f.Text("text"), f.Text("token")), "#log")
}

func (p *pages) write(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	words := ledger.Worded{Kind: f.Text("kind"), Texts: map[string]string{}, Short: f.Text("short"), Private: f.Text("private") != "", URL: f.Text("url")}
	for _, lang := range i18n.Languages() {
		words.Texts[lang] = f.Text("text_" + lang)
	}
	_, err = p.s.Write(r.Context(), r.PathValue("id"), words, f.Text("token"))
	return back(w, r, err, "#statements")
}

func (p *pages) statement(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	words, err := p.s.Statement(ctx, r.PathValue("statement"))
	if err != nil {
		return err
	}
	switch f.Text("do") {
	case "approve":
		_, err = p.s.Approve(ctx, words.ID, false)
	case "override":
		_, err = p.s.Approve(ctx, words.ID, true)
	case "begin":
		_, err = p.s.Begin(ctx, words.ID)
	case "stop":
		_, err = p.s.Stop(ctx, words.ID)
	}
	return back(w, r, err, "#statements")
}

func (p *pages) clear(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = p.s.Clear(r.Context(), r.PathValue("id"), f.Text("text"))
	return back(w, r, err, "")
}

func (p *pages) reopen(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	_, err = p.s.Reopen(r.Context(), r.PathValue("id"), f.Text("text"))
	return back(w, r, err, "")
}

type gatheredPage struct {
	S        situation.Situation
	List     []inbox.Conversation
	Channels map[string]string
	Older    string
	Now      time.Time
}

func (p *pages) conversations(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := gatheredPage{Now: p.s.Now()}
	var err error
	if v.S, err = p.s.Find(ctx, r.PathValue("id")); err != nil {
		return err
	}
	if v.List, err = p.s.Conversations(ctx, v.S.ID, r.URL.Query().Get("after"), pageSize+1); err != nil {
		return err
	}
	if len(v.List) > pageSize {
		v.List = v.List[:pageSize]
		v.Older = situation.Path(v.S.ID) + "/conversations?after=" + url.QueryEscape(v.List[pageSize-1].ID)
	}
	if v.Channels, _, err = p.inbox.Names(ctx, v.List...); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "situation.field.conversations")}, gatheredBody(&v))
}

// whom names who was told.
func whom(v *roomPage, l *situation.Line) string {
	var out []string
	for _, m := range l.Told.Members {
		out = append(out, v.Names[m])
	}
	slices.Sort(out)
	if l.Told.Others != "" {
		out = append(out, l.Told.Others)
	}
	return strings.Join(out, ", ")
}

// sentence says a line of the log.
func sentence(ctx context.Context, v *roomPage, l *situation.Line) string {
	switch kind := strings.TrimPrefix(l.Kind, "situation."); kind {
	case "gathered", "let", "begun", "delivered", "stopped":
		return i18n.N(ctx, "situation.log."+kind, l.N, "Name", l.By)
	case "told":
		return i18n.T(ctx, "situation.log.told", "Name", l.By, "Whom", whom(v, l))
	case "stepped":
		return i18n.T(ctx, "situation.log.stepped", "Name", l.By, "Step", l.Step)
	case "worded":
		return i18n.T(ctx, "situation.log.worded."+l.Step, "Name", l.By)
	case "turned":
		switch t := l.Turn; {
		case t.Level != nil:
			return i18n.T(ctx, "situation.log.level", "Name", l.By, "Level", i18n.T(ctx, "situation.level."+*t.Level))
		case t.Owner != nil && *t.Owner == "":
			return i18n.T(ctx, "situation.log.no_owner", "Name", l.By)
		case t.Owner != nil:
			return i18n.T(ctx, "situation.log.owner", "Name", l.By, "Owner", l.Owner)
		}
		return i18n.T(ctx, "situation.log.turned", "Name", l.By)
	default:
		return i18n.T(ctx, "situation.log."+kind, "Name", l.By)
	}
}

func lineIcon(l *situation.Line) string {
	switch l.Kind {
	case ledger.SituationOpened:
		return "siren"
	case ledger.SituationAcknowledged:
		return "hand"
	case ledger.SituationGathered, ledger.SituationLet:
		return "inbox"
	case ledger.SituationStepped:
		return "check"
	case ledger.SituationTold:
		return "users"
	case ledger.SituationNoted:
		return "sticky-note"
	case ledger.SituationWorded, ledger.SituationApproved:
		return "file-text"
	case ledger.SituationBegun, ledger.SituationDelivered:
		return "megaphone"
	case ledger.SituationStopped:
		return "pause"
	case ledger.SituationDiverted, ledger.SituationRestored:
		return "route"
	case ledger.SituationCleared:
		return "circle-check"
	case ledger.SituationReviewed:
		return "clipboard-list"
	}
	return "pencil"
}

func lineTone(l *situation.Line) ui.Tone {
	switch l.Kind {
	case ledger.SituationOpened:
		return ui.Danger
	case ledger.SituationBegun:
		return ui.Info
	case ledger.SituationCleared:
		return ui.Success
	case ledger.SituationStopped:
		return ui.Warning
	}
	return ui.Neutral
}

func events(ctx context.Context, v *roomPage) []ui.Event {
	var out []ui.Event
	for i := range v.Lines {
		l := &v.Lines[i]
		e := ui.Event{Icon: lineIcon(l), Tone: lineTone(l), Title: sentence(ctx, v, l), At: i18n.DateTime(ctx, l.At), Stamp: stamp(l.At)}
		if l.Text != "" {
			e.Body = words(l.Text)
		}
		out = append(out, e)
	}
	return out
}
