// Package web decides how a request becomes a page: who asks, whether they may, in which language, what is sent back when it fails.
//
// A surface (inboxweb, peopleweb …) registers its routes with the permission each needs; nobody can forget it:
//
//	func Routes(r *web.Routes, s *inbox.Service) {
//		h := &handlers{s}
//		r.Page("GET /inbox", org.InboxRead, h.queue)
//		r.Do("POST /inbox/{id}/take", org.InboxEdit, h.take)
//		r.Topic("inbox", org.InboxRead) // may be listened to at /live?topics=inbox
//	}
//
// A handler is func(w, r) error. It answers with one of
//
//	web.Show(w, r, web.Page{Title: i18n.T(ctx, "inbox.title"), Wide: true}, component)   a whole page within the shell
//	web.Bare(w, r, web.Page{Title: …}, component)                                         a page without navigation
//	web.Part(w, r, component)                                                             a fragment for htmx
//	web.Redirect(w, r, "/inbox/"+id)                                                      after a POST; works for htmx too
//	web.Flash(w, r, ui.Success, "inbox.taken", "Name", name)                              a toast on the next page, before Redirect
//	return problem.New(…)                                                                 an error page, or a toast for htmx
//
// Forms are read with web.ReadForm(r), which bounds their size: f.Text("name") is trimmed and valid UTF-8, f.Require("name", max) notes a
// problem on the field, f.Problems holds them. To show a form again with its errors call web.Invalid(w) before Show: status 422.
//
// The member is org.Who(r.Context()), the language and zone are in the context for i18n.
// The event stream is at /live; Service code does not know it: app translates what the ledger tells into topics with Live.Publish.
package web
