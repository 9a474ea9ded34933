// Package lambdasim runs a program as AWS Lambda does: it serves the Lambda Runtime API on loopback, starts the program
// with the variables of the runtime, and hands it one event after the other.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package lambdasim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// Function is a running function.
type Function struct {
	http   *http.Server
	events chan *invocation
	exited chan error // of the program; closed after it

	mu      sync.Mutex
	count   int
	pending map[string]*invocation
	stop    context.CancelFunc
}

// Failure is what a function says of an invocation that failed.
type Failure struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

func (f *Failure) Error() string { return f.Type + ": " + f.Message }

type invocation struct {
	id       string
	event    []byte
	deadline time.Time
	done     chan struct{}
	answer   []byte
	failure  *Failure
}

// name is what the function is called, and its log group and ARN after it.
const name = "tenor"

// Start serves the Runtime API and starts the program. command's Env is added to by the variables of the runtime.
func Start(command *exec.Cmd) (*Function, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start function: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	f := &Function{events: make(chan *invocation), exited: make(chan error, 1), pending: map[string]*invocation{}, stop: stop}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", f.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) { f.finish(w, r, false) })
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) { f.finish(w, r, true) })
	f.http = &http.Server{Handler: mux, BaseContext: func(net.Listener) context.Context { return ctx }, ReadHeaderTimeout: time.Minute,
		ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = f.http.Serve(listener) }() // ends with Close
	command.Env = append(command.Env, "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME="+name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+name, "_HANDLER=bootstrap")
	if err := command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start function: %w", err), f.http.Close())
	}
	go func() {
		f.exited <- command.Wait()
		close(f.exited)
	}()
	go func() { // as Lambda does when it takes a function down
		<-ctx.Done()
		_ = command.Process.Kill() // it may be gone already
	}()
	return f, nil
}

// Close takes the function down.
func (f *Function) Close() error {
	f.stop()
	<-f.exited //nolint:errcheck // it was killed, or has ended before
	return f.http.Close()
}

// Invoke hands the function an event and waits for its answer, at the most for timeout. A *Failure is the function's own.
func (f *Function) Invoke(ctx context.Context, event []byte, timeout time.Duration) ([]byte, error) {
	f.mu.Lock()
	f.count++
	in := &invocation{id: "00000000-0000-4000-8000-" + fmt.Sprintf("%012x", f.count), event: event, deadline: time.Now().Add(timeout),
		done: make(chan struct{})}
	f.pending[in.id] = in
	f.mu.Unlock()
	ctx, cancel := context.WithDeadline(ctx, in.deadline)
	defer cancel()
	select {
	case f.events <- in:
	case err := <-f.exited:
		return nil, fmt.Errorf("Runtime exited: %w", err) //nolint:staticcheck // Lambda's own words
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-in.done:
		if in.failure != nil {
			return nil, in.failure
		}
		return in.answer, nil
	case err := <-f.exited:
		return nil, fmt.Errorf("Runtime exited: %w", err) //nolint:staticcheck // Lambda's own words
	case <-ctx.Done():
		return nil, fmt.Errorf("Task timed out after %s", timeout) //nolint:staticcheck // Lambda's own words
	}
}

// next is asked by the function for an event; the answer waits until there is one.
func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	select {
	case in := <-f.events:
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", in.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(in.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:111122223333:function:"+name)
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1")
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(in.event) // a program that went away has exited
	case <-r.Context().Done():
	}
}

// finish takes the answer to an event.
func (f *Function) finish(w http.ResponseWriter, r *http.Request, failed bool) {
	f.mu.Lock()
	in := f.pending[r.PathValue("id")]
	delete(f.pending, r.PathValue("id"))
	f.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if in == nil || err != nil {
		http.Error(w, `{"errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return
	}
	if failed {
		in.failure = &Failure{}
		if err := json.Unmarshal(body, in.failure); err != nil {
			in.failure = &Failure{Message: string(body), Type: "Runtime.BadError"}
		}
	}
	in.answer = body
	w.WriteHeader(http.StatusAccepted)
	close(in.done)
}
