package inboxweb

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type approvalsView struct {
	list, mine []inbox.Approval
	called     map[string]string
	checked    map[string]inbox.Checked
	now        time.Time
	me         *org.Member
	at         string // whose form was refused
	errors     []ui.FieldError
	words      string
	reason     string
}

// approvals lists the replies of beginners that wait, and what became of one's own.
func (p *pages) approvals(w http.ResponseWriter, r *http.Request) error {
	return p.showApprovals(w, r, &approvalsView{})
}

func (p *pages) showApprovals(w http.ResponseWriter, r *http.Request, v *approvalsView) error {
	ctx := r.Context()
	v.now, v.me, v.called, v.checked = p.inbox.Now(), org.Who(ctx), map[string]string{}, map[string]inbox.Checked{}
	var err error
	if v.list, err = p.inbox.Approvals(ctx); err != nil {
		return err
	}
	if v.mine, err = p.inbox.MyApprovals(ctx); err != nil {
		return err
	}
	members, err := p.inbox.Answerers(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		v.called[m.ID] = m.Name
	}
	for _, a := range v.list {
		if checked, err := p.inbox.CheckApproval(ctx, &a); err == nil { // what cannot be answered any more is said when it is let out
			v.checked[a.ID] = checked
		}
	}
	if len(v.errors) > 0 {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "inbox.approval.title")}, approvalsPage(v))
}

// decide lets a reply out or sends it back.
func (p *pages) decide(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	id := clean(r.PathValue("approval"))
	key := "inbox.done.approved"
	var a inbox.Approval
	switch f.Text("do") {
	case "approve":
		a, err = p.inbox.Approve(ctx, id, f.Text("words"), f.Has("override"))
		if a.State == inbox.ApprovalChanged {
			key = "inbox.done.changed"
		}
	case "return":
		key = "inbox.done.returned"
		_, err = p.inbox.SendBack(ctx, id, f.Text("reason"))
	default:
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	if pr := problem.Of(err); err != nil && pr.Code == problem.Invalid {
		field := "words-" + id
		if f.Text("do") == "return" {
			field = "reason-" + id
		}
		return p.showApprovals(w, r, &approvalsView{at: id, words: f.Text("words"), reason: f.Text("reason"),
			errors: []ui.FieldError{{Field: field, Text: i18n.T(ctx, pr.Key, pr.Args...)}}})
	}
	if err != nil {
		return told(w, r, err, "/approvals")
	}
	web.Flash(w, r, ui.Success, key)
	return web.Redirect(w, r, "/approvals")
}

// wordsOf is what stands in the form of a reply: what was typed and refused, else what its author wrote.
func (v *approvalsView) wordsOf(a *inbox.Approval) string {
	if v.at == a.ID && v.words != "" {
		return v.words
	}
	return a.Answer.Text
}

func (v *approvalsView) errorOf(field string) string {
	for _, e := range v.errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

func titled(ctx context.Context, a *inbox.Approval) string {
	if a.Title == "" {
		return i18n.T(ctx, "inbox.untitled")
	}
	return shorten(a.Title)
}

func approvalTone(s inbox.ApprovalState) ui.Tone {
	switch s {
	case inbox.ApprovalGiven:
		return ui.Success
	case inbox.ApprovalReturned:
		return ui.Warning
	case inbox.ApprovalWaiting:
		return ui.Info
	}
	return ui.Neutral
}
