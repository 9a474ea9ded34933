package awsread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/semaphore"

	"tenor/audit"
)

// TestMemoryOfAnswers reads more large answers at once than there is memory for, and expects the others to wait.
func TestMemoryOfAnswers(t *testing.T) {
	p := DefaultPacing()
	if p.Detail > smallBody || p.Small > smallBody {
		t.Errorf("answers of up to %d bytes are not counted, and details may have %d, errors %d", smallBody, p.Detail, p.Small)
	}
	g := NewGate(aws.Config{}, p, nil)
	const n = 7
	past, goOn, done := make(chan bool, n), make(chan bool), make(chan error, n)
	for range n {
		go func() {
			body := io.MultiReader(strings.NewReader(strings.Repeat(" ", smallBody+1)), readerFunc(func([]byte) (int, error) {
				past <- true
				<-goOn
				return 0, io.EOF
			}))
			_, free, err := g.read(t.Context(), &smithyhttp.Response{Response: &http.Response{ContentLength: -1, Body: io.NopCloser(body)}}, p.Page, true)
			free()
			done <- err
		}()
	}
	for range memoryBudget / p.Page {
		<-past
	}
	if g.memory.TryAcquire(1) || len(past) > 0 {
		t.Error("there is memory for more answers than the budget")
	}
	close(goOn)
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if !g.memory.TryAcquire(memoryBudget) {
		t.Error("memory is not given back")
	}
}

// TestPagesWithNothingNew: a list that does not end is left once many pages in a row say nothing new.
func TestPagesWithNothingNew(t *testing.T) {
	for name, entry := range map[string]string{"empty": "", "the same again": `"a"`} {
		asked := 0
		l := Listing{List: "L", Next: "T", Page: func(ctx context.Context, _ *string) ([]byte, error) {
			asked++
			list := entry
			if asked == 10 {
				list = `"b"`
			}
			body := fmt.Appendf(nil, `{"L":[%s],"T":"%d"}`, list, asked)
			return body, ctx.Value(bodyKey{}).(*wanted).check(body)
		}}
		var err error
		for _, err = range NewGate(aws.Config{}, DefaultPacing(), nil).Pages(t.Context(), l) {
			if err != nil {
				break
			}
		}
		if want := "its last 500 pages have nothing"; err == nil || !strings.Contains(err.Error(), want) || asked > 10+barrenPages+1 {
			t.Errorf("%s: %d pages, %v", name, asked, err)
		}
	}
}

// TestReasonOfADenial reads AWS's words on why a call is denied.
func TestReasonOfADenial(t *testing.T) {
	for message, want := range map[string]audit.Reason{
		"with an explicit deny in a service control policy":                       audit.ReasonDeniedBySCP,
		"because no service control policy allows the outposts:ListQuotes action": audit.ReasonDeniedBySCP,
		"because no identity-based policy allows the outposts:ListQuotes action":  audit.ReasonAccessDenied,
		"with an explicit deny":                             audit.ReasonAccessDenied,
		"with an explicit deny in an identity-based policy": audit.ReasonAccessDenied,
	} {
		err := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "User: x is not authorized to perform: outposts:ListQuotes " + message}
		if got := ReasonOf(errors.Join(err)); got != want {
			t.Errorf("%s: %s, want %s", message, got, want)
		}
	}
}

// TestPagesAreLetGo asks for the second page of a list until the first, which was worked on, is out of memory.
func TestPagesAreLetGo(t *testing.T) {
	var first weak.Pointer[byte]
	worked := make(chan bool)
	l := Listing{List: "L", Next: "T", Held: semaphore.NewWeighted(2), Page: func(ctx context.Context, token *string) ([]byte, error) {
		w, body := ctx.Value(bodyKey{}).(*wanted), []byte(`{"L":[{"Id":"a"}],"T":"more`+strings.Repeat(" ", 1<<20)+`"}`)
		if token != nil {
			<-worked
			for range 200 {
				runtime.GC()
				if first.Value() == nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if first.Value() != nil {
				t.Error("the first page is in memory while the second is waited for")
			}
			body = []byte(`{"L":[]}`)
		} else {
			first = weak.Make(&body[0])
		}
		runtime.KeepAlive(token) // as a request does that waits
		w.body = body
		return body, w.check(body)
	}}
	pages := 0
	for _, err := range NewGate(aws.Config{}, DefaultPacing(), nil).Pages(t.Context(), l) {
		if err != nil {
			t.Fatal(err)
		}
		if pages++; pages == 1 {
			close(worked)
		}
	}
	if pages != 2 {
		t.Errorf("%d pages", pages)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestCompact(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"white space", " {\n\t\"A\" : [ 1 , 2.50 ] , \"B\" : \"\\u00e9 \\/ x\" } \n", `{"A":[1,2.50],"B":"\u00e9 \/ x"}`},
		{"digits", `{"A":131072.010,"B":-0,"C":1E400,"D":12345678901234567890}`, `{"A":131072.010,"B":-0,"C":1E400,"D":12345678901234567890}`},
		{"empty", "", "the body is empty"},
		{"white space alone", " \n", "the body is empty"},
		{"an array", "[1]", "the body is no JSON object"},
		{"null", "null", "the body is no JSON object"},
		{"cut off", `{"A":`, "the body is no JSON: "},
		{"two values", `{}{}`, "the body is no JSON: "},
		{"a page of HTML", `<html>`, "the body is no JSON: "},
		{"not UTF-8", "{\"A\":\"\xff\"}", "the body is no JSON: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := compact([]byte(c.in))
			if err != nil {
				if !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("error %q, want %q", err, c.want)
				}
				return
			}
			if string(got) != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
