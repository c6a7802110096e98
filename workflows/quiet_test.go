package workflows_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"go.uber.org/goleak"
)

type ctxType = context.Context

const anything = mock.Anything

// quiet drops what the test environment logs.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
