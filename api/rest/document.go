package rest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Document is the finished OpenAPI 3.1 document of what is registered so far; once asked
// for, it does not change.
func (s *Server) Document() *huma.OpenAPI {
	s.finish.Do(func() { s.document = s.compose() })
	return s.document
}

// DocumentJSON is the document as JSON, in OpenAPI "3.1" or "3.0".
func (s *Server) DocumentJSON(version string) ([]byte, error) {
	document := s.Document()
	var tree any
	text, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	if version == "3.0" {
		if text, err = document.Downgrade(); err != nil {
			return nil, fmt.Errorf("writing the OpenAPI 3.0 document: %w", err)
		}
	}
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document back: %w", err)
	}
	if version == "3.0" {
		delete(tree.(map[string]any), "webhooks") // which 3.0 does not know
		downgrade(tree)
	}
	return json.MarshalIndent(tree, "", "  ")
}

// DocumentYAML is the document as YAML, in OpenAPI "3.1" or "3.0".
func (s *Server) DocumentYAML(version string) ([]byte, error) {
	text, err := s.DocumentJSON(version)
	if err != nil {
		return nil, err
	}
	return toYAML(text)
}

// downgrade finishes what Huma's downgrade leaves: 3.0 has no type null, no const, no licence
// identifier and one example.
func downgrade(node any) {
	switch value := node.(type) {
	case map[string]any:
		if options, ok := value["anyOf"].([]any); ok && len(options) == 2 {
			if last, ok := options[1].(map[string]any); ok && (last["type"] == "null" || last["nullable"] == true && len(last) <= 2) {
				delete(value, "anyOf")
				value["allOf"], value["nullable"], value["type"] = options[:1], true, "object"
			}
		}
		if ref, ok := value["$ref"]; ok && len(value) > 1 { // whose neighbours 3.0 overlooks
			delete(value, "$ref")
			value["allOf"] = []any{map[string]any{"$ref": ref}}
		}
		if constant, ok := value["const"]; ok && value["type"] != nil {
			delete(value, "const")
			value["enum"] = []any{constant}
		}
		if _, ok := value["identifier"].(string); ok && value["name"] != nil {
			delete(value, "identifier")
		}
		if _, isText := value["type"].(string); isText {
			delete(value, "examples")
		}
		for _, child := range value {
			downgrade(child)
		}
	case []any:
		for _, child := range value {
			downgrade(child)
		}
	}
}

// composer finishes the document of one server.
type composer struct {
	s        *Server
	copier   *copier
	document *huma.OpenAPI
}

func (s *Server) compose() *huma.OpenAPI {
	live := s.api.OpenAPI()
	c := composer{s: s, copier: &copier{from: s.schemas, omitted: map[*huma.Schema]map[string]bool{}}}

	shelf := &library{Registry: live.Components.Schemas, schemas: map[string]*huma.Schema{}}
	for name, schema := range live.Components.Schemas.Map() {
		shelf.schemas[name] = c.copier.schema(schema)
	}
	c.document = &huma.OpenAPI{
		OpenAPI: live.OpenAPI,
		Info: &huma.Info{
			Title: s.settings.Title, Version: s.settings.Version, Description: s.settings.Description,
			Contact: s.settings.Contact, License: s.settings.License,
		},
		Servers: s.settings.Servers,
		Tags:    s.settings.Tags,
		Paths:   map[string]*huma.PathItem{},
		Components: &huma.Components{
			Schemas:         shelf,
			Responses:       map[string]*huma.Response{},
			Headers:         s.answerHeaders(),
			SecuritySchemes: s.settings.Security,
		},
		Security: []map[string][]string{{slices.Sorted(maps.Keys(s.settings.Security))[0]: {}}},
	}
	if c.document.Servers == nil {
		c.document.Servers = []*huma.Server{{URL: "/", Description: "The server that this document came from, in production or in a test", Extensions: map[string]any{"x-internal": false}}}
	}
	for path, item := range live.Paths {
		copied := *item
		for _, op := range []**huma.Operation{&copied.Get, &copied.Put, &copied.Post, &copied.Delete, &copied.Patch, &copied.Head} {
			if *op != nil {
				*op = c.operation(*op)
			}
		}
		c.document.Paths[path] = &copied
	}
	if len(s.webhooks) > 0 {
		c.document.Webhooks = map[string]*huma.PathItem{}
	}
	for name, op := range s.webhooks {
		copied := c.copier.operation(op)
		copied.Security = Public // the receiver knows us by the signature
		c.document.Webhooks[name] = &huma.PathItem{Post: copied}
	}
	c.requireAnswers()
	return c.document
}

// operation finishes one operation: the problems it answers with, and what every answer carries.
func (c *composer) operation(op *huma.Operation) *huma.Operation {
	op = c.copier.operation(op)
	delete(op.Responses, "default")
	if op.Security == nil {
		op.Security = c.document.Security
	} else if len(op.Security) == 0 || len(op.Security[0]) == 0 {
		op.Security = Public
		op.Extensions = maps.Clone(op.Extensions)
		if op.Extensions == nil {
			op.Extensions = map[string]any{}
		}
		op.Extensions["x-public"] = true // no token, and so no 401
	}
	if op.Metadata[foreign] == true {
		c.foreignAnswers(op)
		return op
	}
	for status, response := range op.Responses {
		code, err := strconv.Atoi(status)
		if err != nil || code >= 400 {
			delete(op.Responses, status)
			continue
		}
		if response.Headers == nil {
			response.Headers = map[string]*huma.Param{}
		}
		delete(response.Headers, "Content-Type") // OpenAPI says it in the content
		for name := range c.document.Components.Headers {
			response.Headers[name] = &huma.Param{Ref: "#/components/headers/" + name}
		}
	}
	for _, status := range c.refusals(op) {
		op.Responses[strconv.Itoa(status)] = c.response(status)
	}
	return op
}

// refusals are the statuses of the problems that an operation can answer with.
func (c *composer) refusals(op *huma.Operation) []int {
	// Any request may ask for too much, or name a query parameter that there is not.
	statuses := append([]int{400, 406, 414, 422, 431, 500, 503}, op.Errors...)
	if len(op.Security) > 0 && len(op.Security[0]) > 0 {
		statuses = append(statuses, 401, 403)
	}
	if c.s.settings.Quota != nil {
		statuses = append(statuses, 429)
	}
	if op.RequestBody != nil {
		statuses = append(statuses, 408, 413, 415)
	}
	for _, p := range op.Parameters {
		switch {
		case p.In == "path":
			statuses = append(statuses, 404)
		case strings.EqualFold(p.Name, "If-Match"):
			statuses = append(statuses, 412)
			if op.Method != http.MethodPost { // a named transition honours it and does not insist
				statuses = append(statuses, 428)
			}
		}
	}
	sort.Ints(statuses)
	return slices.Compact(statuses)
}

// response gives the shared answer for a status, made when it is first needed.
func (c *composer) response(status int) *huma.Response {
	name := strings.ReplaceAll(http.StatusText(status), " ", "")
	if c.document.Components.Responses[name] == nil {
		problem := statusProblem(status)
		example := map[string]any{
			"type": problem.Type, "title": problem.Title, "status": status, "code": problem.Code, "detail": problem.Detail,
			"errors": []any{}, "request_id": "0197f0a0-0000-7000-8000-000000000001",
		}
		if status == http.StatusUnprocessableEntity {
			example["errors"] = []any{map[string]any{"location": "body.birth_date", "code": "format", "message": "Must be a calendar date, such as 2025-04-01."}}
		}
		headers := map[string]*huma.Param{}
		for header := range c.document.Components.Headers {
			headers[header] = &huma.Param{Ref: "#/components/headers/" + header}
		}
		maps.Copy(headers, statusHeaders(status))
		c.document.Components.Responses[name] = &huma.Response{
			Description: problem.Detail,
			Headers:     headers,
			Content:     map[string]*huma.MediaType{problemType: {Schema: &huma.Schema{Ref: schemaPrefix + "Problem"}, Example: example}},
		}
	}
	return &huma.Response{Ref: "#/components/responses/" + name}
}

// statusHeaders are those that an answer of that status has besides.
func statusHeaders(status int) map[string]*huma.Param {
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return map[string]*huma.Param{"Retry-After": {
			Description: usualHeaders["Retry-After"].doc,
			Schema:      &huma.Schema{Type: huma.TypeInteger, Format: "int32", Minimum: ptr(0.0), Maximum: ptr(86400.0), Examples: []any{5}},
		}}
	case http.StatusUnauthorized:
		return map[string]*huma.Param{"WWW-Authenticate": {
			Description: "How to authenticate (RFC 6750; RFC 7617 where a client's secret is asked for).",
			Schema:      &huma.Schema{Type: huma.TypeString, MaxLength: ptr(300), Pattern: controlFreeLine, Examples: []any{`Bearer error="invalid_token"`}},
		}}
	}
	return nil
}

// answerHeaders are those of every answer. What counts requests is promised only where it is counted.
func (s *Server) answerHeaders() map[string]*huma.Param {
	count := func(doc string) *huma.Param {
		return &huma.Param{Description: doc, Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int32", Minimum: ptr(0.0), Maximum: ptr(float64(1<<31 - 1)), Examples: []any{60}}}
	}
	headers := map[string]*huma.Param{
		"X-Request-Id": {
			Description: "The request's id: the caller's own, if it was a plain token, else one of ours.",
			Schema:      &huma.Schema{Type: huma.TypeString, MinLength: ptr(1), MaxLength: ptr(64), Pattern: plainToken.String(), Examples: []any{"0197f0a0-0000-7000-8000-000000000001"}},
		},
		"Access-Control-Allow-Origin": {
			Description: "The origin of the page that asked, where this deployment allows it to read the answer; absent otherwise.",
			Schema:      &huma.Schema{Type: huma.TypeString, MaxLength: ptr(300), Pattern: controlFreeLine, Examples: []any{"https://app.example"}},
		},
	}
	if s.settings.Quota != nil {
		headers["RateLimit-Limit"] = count("How many requests the caller may make in one window.")
		headers["RateLimit-Remaining"] = count("How many of them are left.")
		headers["RateLimit-Reset"] = count("In how many seconds the next window begins.")
	}
	return headers
}

// requireAnswers lists every property of a schema that only answers use as required: they are
// always there, be it as null. In a request, fields are optional unless their tag says otherwise.
func (c *composer) requireAnswers() {
	asked, answered := map[string]bool{}, map[string]bool{}
	for _, item := range c.document.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch, item.Head} {
			if op == nil {
				continue
			}
			if op.RequestBody != nil {
				for _, media := range op.RequestBody.Content {
					c.reach(media.Schema, asked)
				}
			}
			for _, response := range op.Responses {
				for _, media := range response.Content {
					c.reach(media.Schema, answered)
				}
			}
		}
	}
	for _, item := range c.document.Webhooks { // a body of ours is whole, as an answer is
		c.reach(item.Post.RequestBody.Content[jsonType].Schema, answered)
	}
	c.reach(&huma.Schema{Ref: schemaPrefix + "Problem"}, answered)
	for name, schema := range c.document.Components.Schemas.Map() {
		if answered[name] && !asked[name] && schema.Type == huma.TypeObject {
			schema.Required = nil
			for _, property := range slices.Sorted(maps.Keys(schema.Properties)) {
				if !c.copier.omitted[schema][property] {
					schema.Required = append(schema.Required, property)
				}
			}
		}
	}
}

// reach notes the names of all schemas that a schema leads to.
func (c *composer) reach(schema *huma.Schema, into map[string]bool) {
	if schema == nil {
		return
	}
	if schema.Ref != "" {
		name := strings.TrimPrefix(schema.Ref, schemaPrefix)
		if !into[name] {
			into[name] = true
			c.reach(c.document.Components.Schemas.Map()[name], into)
		}
		return
	}
	c.reach(schema.Items, into)
	c.reach(schema.Not, into)
	for _, list := range [][]*huma.Schema{schema.OneOf, schema.AnyOf, schema.AllOf} {
		for _, one := range list {
			c.reach(one, into)
		}
	}
	for _, property := range schema.Properties {
		c.reach(property, into)
	}
	if values, ok := schema.AdditionalProperties.(*huma.Schema); ok {
		c.reach(values, into)
	}
}
