package app

import (
	"context"
	"fmt"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/community/communityweb"
	"github.com/entente/entente/internal/contact/contactweb"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/enrich/enrichweb"
	"github.com/entente/entente/internal/govern/governweb"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxweb"
	"github.com/entente/entente/internal/lead/leadweb"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/measureweb"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people/peopleweb"
	"github.com/entente/entente/internal/plan/planweb"
	"github.com/entente/entente/internal/report/reportweb"
	"github.com/entente/entente/internal/rule/ruleweb"
	"github.com/entente/entente/internal/situation/situationweb"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/check"
	"github.com/entente/entente/internal/strategy/strategyweb"
	"github.com/entente/entente/internal/survey/surveyweb"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/internal/web/ui"
)

// besideConversation shows who a conversation is with, and up to which objectives it counts.
func (a *App) besideConversation(ctx context.Context, c inbox.Conversation) []ui.Panel {
	key := fmt.Sprint(c.ID, " ", org.Who(ctx).ID, " ", i18n.Lang(ctx), " ", a.Clock().Unix()/60) // what is said of times changes by the minute
	panels, err := a.beside.Page(ctx, a.DB, key, func(ctx context.Context) ([]ui.Panel, error) { return a.derivedBeside(ctx, c), nil })
	if err != nil {
		a.Log.Warn("what stands beside a conversation could not be read", "error", err)
	}
	if !a.Contact.Speaks(ctx, c.Channel) {
		return panels
	}
	return append(contactweb.InConversation(ctx, a.Contact, c.Root), panels...) // it tells who is there at this moment
}

// derivedBeside is what the database says beside a conversation.
func (a *App) derivedBeside(ctx context.Context, c inbox.Conversation) []ui.Panel {
	panels := peopleweb.Card(ctx, a.People, c.Author)
	if i, p, err := a.People.ByIdentity(ctx, c.Author); err == nil {
		panels = append(panels, inboxweb.With(ctx, a.Inbox, peopleweb.Addresses(i, p), c.ID)...)
	}
	if org.Who(ctx).May(org.StrategyRead) { // what it counts for is read from its rows: dear, and seldom asked for
		panels = append(panels, ui.Panel{Title: i18n.T(ctx, "strategy.panel_title"), Later: foldedAt(c, "serves")})
	}
	panels = append(panels, surveyweb.InConversation(ctx, a.Survey, c.ID)...)
	panels = append(panels, ruleweb.InConversation(ctx, a.Rules, c.ID)...)
	of, err := situationweb.Beside(ctx, a.Situation, c)
	if err != nil {
		a.Log.Warn("situations of a conversation could not be read", "error", err)
	}
	panels = append(panels, of...)
	if org.Who(ctx).May(org.InboxEdit) && a.Community.MayBeHelped(ctx, c.Channel) {
		panels = append(panels, ui.Panel{Title: i18n.T(ctx, "community.ambassador.title"), Later: foldedAt(c, "helpers")})
	}
	panels = append(panels, leadweb.InConversation(ctx, a.Lead, c)...)
	if made, err := communityweb.FromConversation(ctx, a.Community, c.ID, !c.LastOursAt.IsZero()); err != nil {
		a.Log.Warn("articles of a conversation could not be read", "error", err)
	} else {
		panels = append(panels, made...)
	}
	return append(panels, governweb.InsightsAbout(ctx, a.Govern, "conversation:"+c.ID)...)
}

// foldedAt is where a panel beside a conversation is read that is folded.
func foldedAt(c inbox.Conversation, panel string) string {
	return "/inbox/" + c.ID + "/panels/" + panel
}

func (a *App) folded() map[string]func(context.Context, inbox.Conversation) (templ.Component, string, error) {
	return map[string]func(context.Context, inbox.Conversation) (templ.Component, string, error){"serves": a.serves, "helpers": a.helpers}
}

// helpers are members of the community who may be asked to help in a conversation.
func (a *App) helpers(ctx context.Context, c inbox.Conversation) (templ.Component, string, error) {
	for _, p := range communityweb.Ambassadors(ctx, a.Community, c.Root, "/inbox/"+c.ID) {
		return p.Body, "", nil
	}
	return nil, "", nil
}

// serves is up to which objectives a conversation counts.
func (a *App) serves(ctx context.Context, c inbox.Conversation) (body templ.Component, page string, err error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, "", err
	}
	topics, err := a.Listening.TopicsOf(ctx, c.Root)
	if err != nil {
		return nil, "", err
	}
	p, _, err := strategyweb.ServesPanel(a.Strategy)(ctx, c.ID, c.Channel, topics)
	return p.Body, reportweb.MovedPath(c.ID), err
}

// situationMarks names the situations that conversations belong to, by conversation.
func (a *App) situationMarks(ctx context.Context, list []inbox.Conversation) map[string]string {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	of, err := a.Situation.Marks(ctx, ids)
	if err != nil {
		a.Log.Warn("situations of conversations could not be read", "error", err)
	}
	out := map[string]string{}
	for c, v := range of {
		out[c] = v.Name
	}
	return out
}

// situationOptions are the situations that go on, by which the inbox can be narrowed.
func (a *App) situationOptions(ctx context.Context) []ui.Option {
	list, err := a.Situation.Ongoing(ctx)
	if err != nil {
		a.Log.Warn("the situations that go on could not be read", "error", err)
	}
	out := make([]ui.Option, len(list))
	for i, n := range list {
		out[i] = ui.Option{Value: n.ID, Label: n.Name}
	}
	return out
}

// besideMention shows the conversation about a post, who wrote it, and up to which objectives it counts.
func (a *App) besideMention(ctx context.Context, m listening.Mention) []ui.Panel {
	panels := append(enrichweb.Card(ctx, a.Review, m.ID), inboxweb.AboutPost(ctx, a.Inbox, m.ID)...)
	if !m.Ours {
		panels = append(panels, peopleweb.Card(ctx, a.People, m.Author)...)
	}
	if p, shown, err := strategyweb.ServesPanel(a.Strategy)(ctx, m.ID, m.Channel, m.Topics); err == nil && shown {
		panels = append(panels, p)
	}
	return append(panels, governweb.InsightsAbout(ctx, a.Govern, "post:"+m.ID)...)
}

// besidePost shows the conversation about a post and who wrote it.
func (a *App) besidePost(ctx context.Context, p enrich.Seen) []ui.Panel {
	panels := inboxweb.AboutPost(ctx, a.Inbox, p.ID)
	if !p.Ours {
		panels = append(panels, peopleweb.Card(ctx, a.People, p.Author)...)
	}
	return panels
}

// trust shows how far people and models agree, and what that makes of shares.
func (a *App) trust(ctx context.Context) []ui.Panel {
	panels, err := measureweb.TrustPanels(ctx, a.Measure)
	if err != nil {
		a.Log.Warn("agreement of people and models could not be read", "error", err)
	}
	return panels
}

// besideMeasure shows which objectives a measure serves.
func (a *App) besideMeasure(ctx context.Context, id string, f measure.Filter) []ui.Panel {
	p, shown, err := strategyweb.MeasurePanel(a.Strategy)(ctx, id, f)
	if err != nil || !shown {
		return nil // a panel is an extra; the page stands without it
	}
	return []ui.Panel{p}
}

// besideObjective shows which initiatives serve an objective, and what it brought.
func (a *App) besideObjective(ctx context.Context, e strategy.Evaluation, st strategy.Standing) []ui.Panel {
	var panels []ui.Panel
	p, shown, err := planweb.ObjectivePanel(a.Plan)(ctx, st.ID)
	if err != nil {
		a.Log.Warn("initiatives of an objective could not be read", "error", err)
	} else if shown {
		panels = append(panels, p)
	}
	if p, err := strategyweb.SmartPanel(a.Strategy, a.Org)(ctx, e, st, a.means(ctx)); err != nil {
		a.Log.Warn("an objective could not be checked", "error", err)
	} else {
		panels = append(panels, p)
	}
	if ties, err := governweb.TiesOf(ctx, a.Govern, st.ID, st.Stakeholders); err != nil {
		a.Log.Warn("the relationship plan of an objective could not be read", "error", err)
	} else {
		panels = append(panels, ties...)
	}
	if p, shown, err := reportweb.ObjectivePanel(a.Report)(ctx, st.ID); err != nil {
		a.Log.Warn("what an objective brought could not be read", "error", err)
	} else if shown {
		panels = append(panels, p)
	}
	return panels
}

// groups names those of the relationship plan.
func (a *App) groups(ctx context.Context) []string {
	list, err := a.Govern.Ties(ctx)
	if err != nil {
		a.Log.Warn("the relationship plan could not be read", "error", err)
	}
	var names []string
	for _, t := range list {
		names = append(names, t.Name)
	}
	return names
}

// besideMap shows whether a map holds together.
func (a *App) besideMap(ctx context.Context, e strategy.Evaluation) []ui.Panel {
	p, err := strategyweb.CheckPanel(a.Strategy, a.Org)(ctx, e, a.means(ctx))
	if err != nil {
		a.Log.Warn("a map could not be checked", "error", err)
		return nil
	}
	return []ui.Panel{p}
}

// means is what the plan knows of the ways to reach objectives.
func (a *App) means(ctx context.Context) strategy.Means {
	m, err := a.Plan.Means(ctx)
	if err != nil {
		a.Log.Warn("the means of objectives could not be read", "error", err)
		return strategy.Means{}
	}
	out := strategy.Means{Funded: map[string]bool{}, Load: map[string]check.Load{}, Served: map[string]bool{}, Checkpoints: map[string]int{}}
	for id, o := range m.Objectives {
		out.Funded[id], out.Served[id], out.Checkpoints[id] = o.Funded, o.Initiatives > 0, o.Checkpoints
	}
	for id, o := range m.Owners {
		out.Load[id] = check.Load{Needed: float64(o.Planned) / 60, Available: float64(o.Available) / 60}
	}
	return out
}

// besidePerson shows the conversations with somebody.
func (a *App) besidePerson(ctx context.Context, uris []string) []ui.Panel {
	return inboxweb.With(ctx, a.Inbox, uris, "")
}

// besideIdea shows which initiative was made of an idea, and offers to make one.
func (a *App) besideIdea(ctx context.Context, c community.Community, i community.Idea) []ui.Panel {
	p, shown, err := planweb.IdeaPanel(a.Plan)(ctx, c, i)
	if err != nil {
		a.Log.Warn("the initiative of an idea could not be read", "error", err)
	}
	if !shown {
		return nil
	}
	return []ui.Panel{p}
}

// besideProfile shows what somebody of the team resolved conversations about.
func (a *App) besideProfile(ctx context.Context, p team.Profile) []ui.Panel {
	return inboxweb.ExperienceOf(ctx, a.Inbox, p.Member)
}
