package webtest

import (
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// InFrame evaluates a script in the first frame of the page, of the same site but another origin, and reports whether it gave true. It is false
// while there is no frame.
func (w *Window) InFrame(script string) bool {
	tree, err := chromedp.Call(w.ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil || tree.FrameTree == nil || len(tree.FrameTree.ChildFrames) == 0 {
		return false
	}
	world, err := chromedp.Call(w.ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.ChildFrames[0].Frame.ID, WorldName: "test"})
	if err != nil {
		return false
	}
	got, err := chromedp.Call(w.ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "Boolean(" + script + ")", ContextID: world.ExecutionContextID})
	return err == nil && got.Result != nil && string(got.Result.Value) == "true"
}

// UntilInFrame waits for the first frame of the page to say yes.
func (w *Window) UntilInFrame(condition string) {
	w.t.Helper()
	end := time.Now().Add(patience)
	for !w.InFrame(condition) {
		if time.Now().After(end) || w.ctx.Err() != nil {
			w.InFrame(`console.error("the frame shows " + document.body.innerText.slice(0, 600))`)
			w.t.Fatalf("never true in the frame: %s\n%s", condition, w.where())
		}
		<-time.After(25 * time.Millisecond)
	}
}
