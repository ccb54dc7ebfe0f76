// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace syncfw::detail {

// The page's script. It makes elements and sets their text; no text ever becomes HTML.
inline constexpr std::string_view docs_page_script = R"js('use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  let api = {};

  // --- elements ---------------------------------------------------------------------------------

  // make('p', {class: 'note'}, 'text', otherElement, …); what is null or undefined is left out.
  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {}))
      if (value !== undefined && value !== null) element.setAttribute(key, value);
    for (const child of children.flat(Infinity))
      if (child !== undefined && child !== null)
        element.append(child instanceof Node ? child : document.createTextNode(String(child)));
    return element;
  }
  const code = (text) => make('code', {}, text);

  function table(caption, heads, rows) {
    // The roles are said because the style of small screens, which stacks the cells, hides them.
    const row = {role: 'row'};
    const head = make('tr', row, heads.map((text) => make('th', {role: 'columnheader'}, text)));
    const body = rows.map((cells) => make('tr', row, cells.map((cell, i) =>
      i === 0 ? make('th', {role: 'rowheader'}, cell) : make('td', {role: 'cell'}, cell))));
    // A region that scrolls must be reachable by the keyboard.
    return make('div', {class: 'scrolls', tabindex: '0', role: 'region', 'aria-label': caption},
      make('table', {role: 'table'}, make('thead', {role: 'rowgroup'}, head),
        make('tbody', {role: 'rowgroup'}, body)));
  }

  // --- schemas ----------------------------------------------------------------------------------

  // '#/components/schemas/book' → what stands there.
  function resolve(value) {
    if (!value || typeof value.$ref !== 'string') return value || {};
    let found = api;
    for (const part of value.$ref.slice(2).split('/'))
      found = found && Object.hasOwn(found, part) ? found[part] : undefined;
    return found || {};
  }
  const nameOf = (ref) => ref.split('/').pop();

  // The type in words, with links to the structs in it.
  function typeOf(schema) {
    if (schema.$ref)
      return [make('a', {href: '#schema-' + nameOf(schema.$ref)}, nameOf(schema.$ref))];
    if (schema.anyOf)
      return schema.anyOf.flatMap((each, i) => i ? [' or ', ...typeOf(each)] : typeOf(each));
    if (schema.type === 'array') return ['list of ', ...typeOf(schema.items || {})];
    const types = [].concat(schema.type || ('const' in schema ? JSON.stringify(schema.const)
                                                              : 'any value'));
    const format = schema.format || schema.contentEncoding;
    return [types.join(' or ') + (format ? ' (' + format + ')' : '')];
  }

  // Limits, default, examples and sentences of one value.
  function notesOf(schema) {
    const notes = [];
    const between = (least, most, what) => {
      if (schema[least] !== undefined && schema[most] !== undefined)
        notes.push(`${schema[least]} to ${schema[most]}${what}`);
      else if (schema[least] !== undefined) notes.push(`at least ${schema[least]}${what}`);
      else if (schema[most] !== undefined) notes.push(`at most ${schema[most]}${what}`);
    };
    between('minimum', 'maximum', '');
    between('minLength', 'maxLength', ' characters');
    between('minItems', 'maxItems', ' elements');
    if (schema.enum) notes.push('one of ' + schema.enum.map((e) => JSON.stringify(e)).join(', '));
    if (schema.pattern) notes.push('matches ' + schema.pattern);
    if (schema.readOnly) notes.push('read only');
    if (schema.writeOnly) notes.push('write only');
    if (schema.default !== undefined) notes.push('default ' + JSON.stringify(schema.default));
    if (schema.examples) notes.push('for example ' + JSON.stringify(schema.examples[0]));
    const inside = schema.items && !schema.items.$ref ? notesOf(schema.items) : [];
    return [...notes, ...inside, ...(schema.description ? [schema.description] : [])];
  }

  function fields(caption, schema, depth = 0) {
    const required = schema.required || [];
    const rows = Object.entries(schema.properties || {}).map(([name, value]) => [
      make('div', {}, code(name), required.includes(name) ? ' (required)' : ''),
      make('div', {}, typeOf(value)),
      make('div', {}, notesOf(value).join('; '),
        value.properties && depth < 4 ? fields(`${caption}: ${name}`, value, depth + 1) : null),
    ]);
    return table(caption, ['Name', 'Type', 'What it may hold'], rows);
  }

  // A value to begin with, of what a client may send. A struct that holds itself ends it.
  function exampleOf(schema, above = []) {
    if (schema.$ref)
      return above.includes(schema.$ref) ? null
                                         : exampleOf(resolve(schema), [...above, schema.$ref]);
    if (schema.examples) return schema.examples[0];
    if (schema.default !== undefined) return schema.default;
    if (schema.enum) return schema.enum[0];
    if (schema.anyOf) return exampleOf(schema.anyOf[0], above);
    const type = [].concat(schema.type)[0];
    if (type === 'array') {
      const element = exampleOf(schema.items || {}, above);
      return element === null ? [] : [element];
    }
    if (type === 'object') {
      const made = {};
      for (const [name, value] of Object.entries(schema.properties || {}))
        if (!value.readOnly) made[name] = exampleOf(value, above);
      return made;
    }
    return {string: '', integer: 0, number: 0, boolean: false}[type] ?? null;
  }

  // --- operations -------------------------------------------------------------------------------

  function whoMay(operation) {
    const rules = operation.security || [];
    if (rules.length === 0) return 'Open to all.';
    const roles = rules.flatMap((rule) => rule.bearer || []);
    return roles.length ? `Needs a token with the role ${roles.join(' or ')}.` : 'Needs a token.';
  }

  function answersOf(operation) {
    const rows = Object.entries(operation.responses || {}).map(([status, given]) => {
      const answer = resolve(given);
      const contents = Object.entries(answer.content || {});
      return [code(status), answer.description || '', make('span', {},
        contents.flatMap(([type, content]) => [...typeOf(content.schema || {}), ` as ${type}`]))];
    });
    return table('Answers', ['Status', 'Meaning', 'Body'], rows);
  }

  function showOperation(path, method, operation) {
    const id = operation.operationId;
    const parts = [make('p', {class: 'quiet'}, whoMay(operation))];
    if (operation.description) parts.unshift(make('p', {}, operation.description));
    const parameters = operation.parameters || [];
    if (parameters.length)
      parts.push(make('h4', {}, 'Parameters'), table('Parameters',
        ['Name', 'Type', 'What it may hold'], parameters.map((each) => [
          make('span', {}, code(each.name), ` in the ${each.in}`,
            each.required ? ' (required)' : ''),
          make('span', {}, typeOf(each.schema)), notesOf(each.schema).join('; ')])));
    const body = operation.requestBody && operation.requestBody.content['application/json'].schema;
    if (body) parts.push(make('h4', {}, 'Body'), make('p', {}, 'JSON: ', typeOf(body)));
    parts.push(make('h4', {}, 'Answers'), answersOf(operation), make('h4', {}, 'Try it'),
      tryIt(id, path, method, parameters, body));
    return make('details', {id},
      make('summary', {}, make('h3', {}, make('span', {class: 'method'}, method), ' ', code(path)),
        operation.summary ? ' ' + operation.summary : ''),
      make('div', {}, parts));
  }

  // Beside the page, wherever a proxy has put it. Nothing but a path of this server comes out.
  function addressOf(path, given) {
    const query = new URLSearchParams();
    for (const {parameter, input} of given) {
      if (parameter.in === 'path')
        path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value !== '') query.append(parameter.name, input.value);
    }
    const text = query.toString();
    return new URL('.' + path + (text ? '?' + text : ''), document.baseURI);
  }

  async function send(address, method, body, output) {
    const options = {method: method.toUpperCase(), headers: {}, credentials: 'omit',
                     redirect: 'error', referrerPolicy: 'no-referrer'};
    const token = byId('token').value.trim();
    if (token) options.headers.Authorization = 'Bearer ' + token;
    if (body !== null) {
      options.headers['Content-Type'] = 'application/json';
      options.body = body;
    }
    try {
      const answer = await fetch(address, options);
      const text = await answer.text();
      output.className = answer.ok ? 'done' : 'failed';
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is no JSON. */ }
      output.textContent = `${answer.status} ${answer.statusText}\n\n${shown}`;
    } catch (why) {
      output.className = 'failed';
      output.textContent = 'The server could not be reached: ' + why.message;
    }
  }

  function tryIt(id, path, method, parameters, body) {
    const given = parameters.map((parameter, i) => ({parameter, input: make('input', {
      id: `${id}-${i}`, autocomplete: 'off', spellcheck: 'false',
      'aria-required': parameter.required ? 'true' : null,
      placeholder: parameter.schema.examples ? String(parameter.schema.examples[0]) : null})}));
    const text = body ? make('textarea', {id: id + '-body', spellcheck: 'false'},
                             JSON.stringify(exampleOf(body), null, 2)) : null;
    const button = make('button', {type: 'button', 'aria-label': `Send ${method} ${path}`}, 'Send');
    const output = make('pre', {role: 'status', 'aria-label': 'Answer'});
    button.addEventListener('click', async () => {
      const missing = given.find(({parameter, input}) => parameter.required && !input.value);
      if (missing) return missing.input.focus();
      await send(addressOf(path, given), method, text ? text.value : null, output);
    });
    return make('div', {}, given.map(({parameter, input}) =>
      [make('label', {for: input.id}, parameter.name), input]),
      text ? [make('label', {for: text.id}, 'Body'), text] : null, button, output);
  }

  // --- the page ---------------------------------------------------------------------------------

  function show() {
    const info = api.info || {};
    document.title = byId('title').textContent = `${info.title} ${info.version}`;
    byId('about').textContent = info.description || '';
    const operations = Object.entries(api.paths || {}).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({path, method, operation})));
    for (const {name} of api.tags || []) {
      const of = operations.filter(({operation}) => (operation.tags || []).includes(name));
      const heading = make('h2', {id: 'tag-' + name}, name);
      byId('contents').append(make('li', {}, make('a', {href: '#tag-' + name}, name)));
      byId('operations').append(make('section', {'aria-labelledby': heading.id}, heading,
        of.map((each) => showOperation(each.path, each.method, each.operation))));
    }
    for (const [name, schema] of Object.entries((api.components || {}).schemas || {}))
      byId('schemas').append(make('section', {id: 'schema-' + name}, make('h3', {}, name),
        schema.description ? make('p', {}, schema.description) : null, fields(name, schema)));
    byId('contents').append(make('li', {}, make('a', {href: '#schemas'}, 'Schemas')));
    byId('schemas').hidden = false;
    byId('state').remove();
  }

  fetch('openapi.json', {credentials: 'omit'})
    .then((answer) => answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText)))
    .then((described) => { api = described; show(); })
    .catch((why) => { byId('state').textContent = 'There is no description: ' + why.message; });
})();
)js";

}  // namespace syncfw::detail
