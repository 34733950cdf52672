package app

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/business/businessapi"
	"github.com/entente/entente/internal/business/businessweb"
	"github.com/entente/entente/internal/channel/channelapi"
	"github.com/entente/entente/internal/channel/channelweb"
	"github.com/entente/entente/internal/charter/charterapi"
	"github.com/entente/entente/internal/charter/charterweb"
	"github.com/entente/entente/internal/community/communityapi"
	"github.com/entente/entente/internal/community/communityweb"
	"github.com/entente/entente/internal/contact/contactapi"
	"github.com/entente/entente/internal/contact/contactweb"
	"github.com/entente/entente/internal/course/courseapi"
	"github.com/entente/entente/internal/course/courseweb"
	"github.com/entente/entente/internal/enrich/enrichapi"
	"github.com/entente/entente/internal/enrich/enrichweb"
	"github.com/entente/entente/internal/export/exportweb"
	"github.com/entente/entente/internal/fediverse/fediverseweb"
	"github.com/entente/entente/internal/govern/governapi"
	"github.com/entente/entente/internal/govern/governweb"
	"github.com/entente/entente/internal/inbox/inboxapi"
	"github.com/entente/entente/internal/inbox/inboxweb"
	"github.com/entente/entente/internal/intake/intakeapi"
	"github.com/entente/entente/internal/intake/intakeweb"
	"github.com/entente/entente/internal/lead/leadapi"
	"github.com/entente/entente/internal/lead/leadweb"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/letter/letterweb"
	"github.com/entente/entente/internal/listening/listeningapi"
	"github.com/entente/entente/internal/listening/listeningweb"
	"github.com/entente/entente/internal/measure/measureapi"
	"github.com/entente/entente/internal/measure/measureweb"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/org/orgapi"
	"github.com/entente/entente/internal/org/orgweb"
	"github.com/entente/entente/internal/paper"
	"github.com/entente/entente/internal/people/peopleapi"
	"github.com/entente/entente/internal/people/peopleweb"
	"github.com/entente/entente/internal/plan/planapi"
	"github.com/entente/entente/internal/plan/planweb"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/recognition/recognitionweb"
	"github.com/entente/entente/internal/report/reportapi"
	"github.com/entente/entente/internal/report/reportweb"
	"github.com/entente/entente/internal/rule/ruleapi"
	"github.com/entente/entente/internal/rule/ruleweb"
	"github.com/entente/entente/internal/situation/situationapi"
	"github.com/entente/entente/internal/situation/situationweb"
	"github.com/entente/entente/internal/strategy/strategyapi"
	"github.com/entente/entente/internal/strategy/strategyweb"
	"github.com/entente/entente/internal/survey/surveyapi"
	"github.com/entente/entente/internal/survey/surveyweb"
	"github.com/entente/entente/internal/team/teamapi"
	"github.com/entente/entente/internal/team/teamweb"
	"github.com/entente/entente/internal/telemetry"
	"github.com/entente/entente/internal/translate/translateweb"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// surfaces makes the pages and the REST interface of all modules.
func (a *App) surfaces() {
	a.Live = web.NewLive()
	a.Metrics = telemetry.NewMetrics(a.behind)
	proxies, _ := a.Config.ProxyPrefixes() // Check has read them
	a.Web = web.New(web.Options{Org: a.Org, Log: a.Log, Live: a.Live, Secure: a.Config.Secure(), Proxies: proxies, Clock: a.Clock,
		Observe: a.ask, Nav: a.nav(), Foot: foot(), Place: communityweb.Place(a.Community, a.hasForm, fediverseweb.Foot(a.Fediverse))})
	r := a.Web.Routes()
	r.Page("GET /{$}", org.Public, a.home)
	r.Raw("GET /healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) }))
	r.Raw("GET /readyz", http.HandlerFunc(a.ready))
	orgweb.Routes(r, a.Web, a.Org, orgweb.Options{Demo: a.demoAccounts(), URL: a.Config.PublicURL})
	channelweb.Routes(r, a.Channels, a.Org, a.Clock)
	intakeweb.Routes(r, a.Intake)
	peopleweb.Routes(r, a.People, peopleweb.Options{Panels: a.besidePerson})
	enrichweb.Routes(r, a.Review, enrichweb.Options{Panels: a.besidePost, Trust: a.trust, Elsewhere: a.Elsewhere})
	listeningweb.Routes(r, a.Listening, a.Channels, listeningweb.Options{Panels: a.besideMention})
	inboxweb.Routes(r, a.Inbox, inboxweb.Options{Panels: a.besideConversation, Folded: a.folded(), Marks: a.situationMarks, Situations: a.situationOptions, Team: a.teamStats, Articles: a.articles, Translate: a.Translate})
	translateweb.Routes(r, a.Translate)
	ruleweb.Routes(r, a.Rules)
	teamweb.Routes(r, a.Team, a.Org, teamweb.Options{Tabs: inboxweb.TeamTabs, Achieved: a.Inbox.Achieved, Panels: a.besideProfile})
	situationweb.Routes(r, a.Situation, a.Inbox, situationweb.Options{Effect: a.effect, Topics: a.situationTopics})
	exportweb.Routes(r, a.Exports, a.Community)
	communityweb.Routes(r, a.Web, a.Community, a.Org, communityweb.Options{Document: fediverseweb.Document(a.Fediverse, a.Log), Push: a.Push, Idea: a.besideIdea, Marks: a.markPeople, Person: a.besideMember, Products: a.Business.Products})
	recognitionweb.Routes(r, a.Merits, a.Community)
	fediverseweb.Routes(r, a.Fediverse, a.Community, a.Log)
	contactweb.Routes(r, a.Web, a.Contact, a.Community, a.Org, contactweb.Options{URL: a.Config.Public(), Measures: a.deflection})
	letterweb.Routes(r, a.Letter, a.Community)
	leadweb.Routes(r, a.Lead, a.Org, a.leadMeasures)
	courseweb.Routes(r, a.Course, a.Team, a.Org, func(ctx context.Context, current string) []ui.Tab {
		return teamweb.Tabs(ctx, current, inboxweb.TeamTabs(ctx)...)
	})
	measureweb.Routes(r, a.Measure, measureweb.Options{Panels: a.besideMeasure, Community: a.Community.CalledFor})
	surveyweb.Routes(r, a.Survey)
	strategyweb.Routes(r, a.Strategy, a.Org, strategyweb.Options{Printer: paper.New(a.Config.Chromium), OnObjective: a.besideObjective, OnMap: a.besideMap, Groups: a.groups})
	charterweb.Routes(r, a.Charter, a.Org)
	businessweb.Routes(r, a.Business, a.Folder, a.Org, a.Clock)
	planweb.Routes(r, a.Plan, a.Org, planweb.Options{Ideas: a.Community})
	governweb.Routes(r, a.Govern, a.Org)
	reportweb.Routes(r, a.Report, a.Org, paper.New(a.Config.Chromium))

	a.API = sync.OnceValue(a.operations)
	r.Raw(api.Prefix+"/", http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { a.API().Handler().ServeHTTP(w, q) }))
	a.Ledger.Watch(a.announce)
}

// operations makes the REST interface. That is done when the first call comes: its schemas are a third of what the program keeps in memory, and many
// installations are never called.
func (a *App) operations() *api.API {
	to := api.New(a.Org, a.DB, a.Log, a.Clock)
	orgapi.Operations(to, a.Org)
	channelapi.Operations(to, a.Channels)
	intakeapi.Operations(to, a.Intake)
	enrichapi.Operations(to, a.Review, a.Elsewhere)
	listeningapi.Operations(to, a.Listening)
	peopleapi.Operations(to, a.People)
	inboxapi.Operations(to, a.Inbox)
	teamapi.Operations(to, a.Team)
	ruleapi.Operations(to, a.Rules)
	situationapi.Operations(to, a.Situation)
	communityapi.Operations(to, a.Community)
	measureapi.Operations(to, a.Measure)
	surveyapi.Operations(to, a.Survey)
	leadapi.Operations(to, a.Lead)
	contactapi.Operations(to, a.Contact)
	courseapi.Operations(to, a.Course)
	strategyapi.Operations(to, a.Strategy)
	charterapi.Operations(to, a.Charter)
	businessapi.Operations(to, a.Business, a.Folder)
	planapi.Operations(to, a.Plan)
	governapi.Operations(to, a.Govern)
	reportapi.Operations(to, a.Report)
	return to
}

// Handler answers all requests.
func (a *App) Handler() http.Handler { return a.Web.Handler() }

// nav is what the work of each day is done with, by what it is for.
func (a *App) nav() []web.Nav {
	return []web.Nav{
		{Section: "app.nav.steer", Label: "app.nav.strategy", Href: "/strategy", Icon: "map", Key: "g s", Permission: org.StrategyRead},
		{Section: "app.nav.steer", Label: "app.nav.initiatives", Href: "/initiatives", Icon: "list-checks", Key: "g n", Permission: org.StrategyRead},
		{Section: "app.nav.steer", Label: "app.nav.measures", Href: "/measures", Icon: "chart-line", Key: "g m", Permission: org.MeasureRead},
		{Section: "app.nav.steer", Label: "app.nav.dashboards", Href: "/dashboards", Icon: "layout-dashboard", Key: "g d", Permission: org.MeasureRead},
		{Section: "app.nav.steer", Label: "app.nav.govern", Href: "/govern", Icon: "shield-check", Key: "g g", Permission: org.StrategyRead},
		{Section: "app.nav.answer", Label: "app.nav.inbox", Href: "/inbox", Icon: "inbox", Key: "g i", Permission: org.InboxRead, Count: a.waiting, Topic: "inbox"},
		{Section: "app.nav.answer", Label: "app.nav.notices", Href: "/notices", Icon: "bell", Permission: org.InboxRead, Count: a.Inbox.Untold, Topic: "notices"},
		{Section: "app.nav.answer", Label: "app.nav.situations", Href: "/situations", Icon: "siren", Key: "g u", Permission: org.InboxRead, Count: a.Situation.Under, Topic: "situation"},
		{Section: "app.nav.answer", Label: "app.nav.mentions", Href: "/mentions", Icon: "radio", Key: "g e", Permission: org.ListeningRead},
		{Section: "app.nav.answer", Label: "app.nav.leads", Href: "/leads", Icon: "trending-up", Permission: org.InboxRead},
		{Section: "app.nav.answer", Label: "app.nav.satisfaction", Href: "/satisfaction", Icon: "smile", Permission: org.InboxRead},
		{Section: "app.nav.gather", Label: "app.nav.communities", Href: "/communities", Icon: "messages-square", Key: "g c", Permission: org.CommunityRead},
		{Section: "app.nav.gather", Label: "app.nav.moderation", Href: "/moderation", Icon: "flag", Key: "g o", Permission: org.CommunityModerate, Count: a.Community.WaitingCases},
		{Section: "app.nav.gather", Label: "app.nav.people", Href: "/people", Icon: "users", Key: "g p", Permission: org.PeopleRead},
		{Section: "app.nav.gather", Label: "app.nav.ambassadors", Href: "/ambassadors", Icon: "handshake", Permission: org.InboxRead},
		{Section: "app.nav.gather", Label: "app.nav.team", Href: "/team", Icon: "users-round", Permission: org.InboxRead},
		{Section: "app.nav.gather", Label: "app.nav.charter", Href: "/charter", Icon: "book-open", Permission: org.SignedIn},
	}
}

// foot is what is set once and looked at now and then.
func foot() []web.Nav {
	return []web.Nav{
		{Label: "app.nav.topics", Href: "/topics", Icon: "tags", Permission: org.ListeningRead},
		{Label: "app.nav.rules", Href: "/rules", Icon: "workflow", Permission: org.InboxRead},
		{Label: "app.nav.models", Href: "/models", Icon: "sparkles", Permission: org.ListeningRead},
		{Label: "app.nav.translation", Href: "/translation", Icon: "languages", Permission: org.OrgEdit},
		{Label: "app.nav.contact", Href: "/contact-points", Icon: "message-circle", Permission: org.ChannelRead},
		{Label: "app.nav.channels", Href: "/channels", Icon: "plug", Permission: org.ChannelRead},
		{Label: "app.nav.business", Href: "/business", Icon: "database", Permission: org.MeasureRead},
		{Label: "app.nav.import", Href: "/import", Icon: "upload", Permission: org.ImportRun},
		{Label: "app.nav.members", Href: "/members", Icon: "users-round", Permission: org.MemberRead},
		{Label: "app.nav.audit", Href: "/audit", Icon: "scroll-text", Permission: org.AuditRead},
		{Label: "app.nav.organisation", Href: "/organisation", Icon: "settings", Permission: org.OrgEdit},
	}
}

func (a *App) waiting(ctx context.Context) int { return a.Inbox.Waiting(ctx) }

// home sends everybody where their work is.
func (a *App) home(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	m := org.Who(ctx)
	switch {
	case m == nil:
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	case a.Course.Greets(ctx):
		return web.Redirect(w, r, "/welcome")
	case m.Role == org.Strategist || m.Role == org.Owner:
		return web.Redirect(w, r, "/strategy")
	case m.May(org.InboxRead):
		return web.Redirect(w, r, "/inbox")
	}
	return web.Redirect(w, r, "/me")
}

func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	if err := a.DB.Ping(r.Context()); err != nil {
		a.Log.Error("the database does not answer", "error", err)
		http.Error(w, "database", http.StatusServiceUnavailable) // whoever asks is not signed in
		return
	}
	w.Write([]byte("ready\n"))
}

// announce tells open pages what the followers have digested.
func (a *App) announce(list []ledger.Activity) {
	a.Metrics.Digested(len(list))
	topics := map[string]bool{}
	var posts []string
	for i := range list {
		kind := list[i].Kind
		switch {
		case strings.HasPrefix(kind, "post."):
			a.Contact.Wake()
			topics["inbox"], topics["mentions"] = true, true
			posts = append(posts, list[i].ID)
			if list[i].Object != "" {
				posts = append(posts, list[i].Object)
			}
		case strings.HasPrefix(kind, "conversation."):
			topics["inbox"], topics["conversation:"+list[i].Object] = true, true
		case strings.HasPrefix(kind, "situation."):
			topics["situation"] = true
		case kind == ledger.AnswerPicked:
			topics["inbox"] = true
		}
	}
	if !a.Live.Heard() {
		return
	}
	for _, c := range a.spokenIn(posts) {
		topics[inboxweb.ConversationTopic+":"+c] = true
	}
	names := make([]string, 0, len(topics))
	for t := range topics {
		names = append(names, t)
	}
	a.Live.Publish(names...)
}

// mostNamed is how many posts' conversations are told of one by one.
const mostNamed = 200

// spokenIn are the conversations that posts are said in: open pages of others need not be read anew.
func (a *App) spokenIn(posts []string) []string {
	all := []string{inboxweb.AllConversations}
	if len(posts) == 0 || len(posts) > mostNamed {
		return all[:min(len(posts), 1)]
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	list, err := a.Inbox.About(ctx, posts)
	if err != nil {
		return all
	}
	return list
}

func (a *App) behind() float64 {
	n, err := a.Ledger.Behind(context.Background())
	if err != nil {
		return -1
	}
	return float64(n)
}

// demoAccounts are shown on the sign-in page of a demo.
func (a *App) demoAccounts() []orgweb.DemoAccount {
	var out []orgweb.DemoAccount
	for _, d := range a.demo {
		out = append(out, orgweb.DemoAccount{Name: d.Name, Email: d.Email, Password: demoPassword, Role: d.Role})
	}
	return out
}
