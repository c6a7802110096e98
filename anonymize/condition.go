package anonymize

import (
	"errors"
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"

	"github.com/nocturne-data/nocturne/schemas"
)

// condition is a compiled CEL expression.
type condition func(p Principal, table string, f schemas.Field) (bool, error)

// conditionCost bounds the work of one evaluation, in CEL's cost units.
const conditionCost = 10_000

// environment declares each attribute under its full name, so that a misspelt
// one is an error when the policy is read, not when it is used.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("principal.purpose", cel.StringType),
		cel.Variable("principal.roles", cel.ListType(cel.StringType)),
		cel.Variable("principal.attributes", cel.MapType(cel.StringType, cel.StringType)),
		cel.Variable("field.table", cel.StringType),
		cel.Variable("field.name", cel.StringType),
		cel.Variable("field.type", cel.StringType),
		cel.Variable("field.semantic", cel.StringType),
		cel.Variable("field.class", cel.StringType),
		cel.Variable("field.nullable", cel.BoolType),
	)
})

func compileCondition(text string) (condition, error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(text)
	if issues != nil && issues.Err() != nil {
		return nil, issues.Err()
	}
	if ast.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("the condition gives %s, not bool", ast.OutputType())
	}
	prog, err := env.Program(ast, cel.CostLimit(conditionCost))
	if err != nil {
		return nil, err
	}
	return func(p Principal, table string, f schemas.Field) (bool, error) {
		roles, attributes := p.Roles, p.Attributes
		if roles == nil {
			roles = []string{}
		}
		if attributes == nil {
			attributes = map[string]string{}
		}
		out, _, err := prog.Eval(map[string]any{
			"principal.purpose": p.Purpose, "principal.roles": roles, "principal.attributes": attributes,
			"field.table": table, "field.name": f.Name, "field.type": f.Type,
			"field.semantic": f.Semantic, "field.class": string(f.Class), "field.nullable": f.Nullable,
		})
		if err != nil {
			return false, err
		}
		ok, isBool := out.Value().(bool)
		if !isBool {
			return false, errors.New("the condition gave no boolean")
		}
		return ok, nil
	}, nil
}
