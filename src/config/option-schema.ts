// What mounts and sites may say besides where requests go: access, rates, fields, pages and the like. See schema.ts.

import { z } from 'zod'
import { mostRequests } from '../schema/rate.ts'
import {
  clientAddress,
  duration,
  expected,
  filePath,
  flag,
  listOf,
  matching,
  off,
  section,
  shortRate,
  size,
  text,
  wholeNumber,
} from './leaf.ts'

const rate = z
  .union(
    [
      shortRate(),
      section('rate', {
        requests: wholeNumber(1, mostRequests, 10),
        per: duration(1),
        burst: wholeNumber(1, mostRequests, 20).nullish(),
      }),
    ],
    { error: expected('choose:map\na rate') },
  )
  .nullish()

const clientAddresses = listOf(clientAddress(), 'an IP address, a network, "unix" or "all"')
const access = z
  .union(
    [
      off('{ users: htpasswd }'),
      section('access', {
        allow: clientAddresses.nullish(),
        deny: clientAddresses.nullish(),
        users: z
          .union(
            [
              filePath('the path of a file of users'),
              section('users', {
                file: filePath('the path of a file of users', 'Make it with: htpasswd -B -c FILE NAME'),
                realm: matching(
                  /^[\x20-\x7e]{1,100}$/,
                  'a name for what is protected',
                  'Write up to 100 letters and signs of ASCII',
                ).nullish(),
              }),
            ],
            { error: expected('choose:map\na file of users') },
          )
          .nullish(),
      }),
    ],
    { error: expected('choose:map\nwho may come') },
  )
  .nullish()

const fieldName = matching(
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/,
  'the name of a field',
  'Write a name such as X-Frame-Options',
)
const fieldValue = matching(
  /^(?! )[\x20-\x7e]{0,4000}(?<! )$/,
  'the value of a field, or null to remove it',
  'Write ASCII in one line, without blanks at its ends, in quotes where it is a number',
).nullable()
const headers = z
  .union(
    [
      off('{ X-Frame-Options: DENY }'),
      z.record(fieldName, fieldValue, {
        error: expected('a map of fields and values', 'Write for example { X-Frame-Options: DENY }'),
      }),
    ],
    {
      error: expected('choose:map\nfields of answers'),
    },
  )
  .nullish()

const maintenance = z
  .union(
    [
      z.union([off('{ page: closed.html }'), z.literal(true), filePath('a page')], {
        error: expected('true, the path of a page, a map of settings or off', 'For example maintenance.html'),
      }),
      section('maintenance', {
        page: filePath('the path of a page').nullish(),
        allow: clientAddresses.nullish(),
        retry_after: duration(1000).nullish(),
      }),
    ],
    { error: expected('choose:map\nmaintenance') },
  )
  .nullish()

const errors = z
  .union(
    [
      off('{ 404: errors/404.html }'),
      z.record(
        matching(
          /^(4\d\d|5\d\d|4xx|5xx)$/,
          'a status of errors',
          'Write one from 400 to 599, or 4xx or 5xx for all others',
        ),
        filePath('the path of a page'),
        { error: expected('a map of statuses and pages', 'Write for example { 404: errors/404.html }') },
      ),
    ],
    { error: expected('choose:map\npages by status') },
  )
  .nullish()

const directory = filePath('a directory', 'For example /srv/shop/media')
const sendfile = z
  .union(
    [
      z.union(
        [
          z
            .literal(['off', false], {
              error: expected(
                'a directory, a list or map of directories, or off',
                'For example /srv/shop/media',
              ),
            })
            .transform(() => false as const),
          listOf(directory, 'a directory'),
        ],
        { error: expected('choose:list\na directory') },
      ),
      z.record(
        matching(/^\/[^?#\0]*$/, 'the start of a path', 'Paths start with a slash, for example /protected'),
        directory,
        {
          error: expected(
            'a map of paths and directories',
            'Write for example { /protected: /srv/shop/media }',
          ),
        },
      ),
    ],
    { error: expected('choose:map\na directory') },
  )
  .nullish()

export const redirectStatus = () =>
  z.literal([301, 302, 303, 307, 308], {
    error: expected('a redirect status', 'Write 301, 302, 303, 307 or 308'),
  })

const rewriteTarget = text('a path or an address', 'For example /new/$1 or https://example.com/$1')
const rewrite = z
  .record(
    z.string(),
    z.union([rewriteTarget, section('rewrite rule', { to: rewriteTarget, status: redirectStatus() })], {
      error: expected('choose:map\na path or an address'),
    }),
    { error: expected('a map of patterns and targets', 'Write for example { "/old/*": "/new/$1" }') },
  )
  .nullish()

const compress = z
  .union(
    [
      flag(),
      section('compress', {
        types: listOf(
          matching(
            /^([\w.+-]+\/([\w.+-]+|\*)|\*\+[\w.-]+)$/,
            'a media type',
            'Write for example text/html, text/* or *+json',
          ),
          'a media type',
        ).nullish(),
        min: size().nullish(),
        applications: flag().nullish(),
      }),
    ],
    { error: expected('choose:map\ntrue or false') },
  )
  .nullish()

/** What mounts have from their site where they do not say it themselves. */
const inheritedShape = { access, headers, errors, maintenance, sendfile, authorization: flag().nullish() }

/** Of sites, and of mounts by one of their targets. */
export const optionShape = { rate, rewrite, compress, ...inheritedShape }

export type WrittenOptions = {
  readonly [K in keyof typeof inheritedShape]?: z.output<(typeof inheritedShape)[K]>
}
export type WrittenAccess = z.output<typeof access>
export type WrittenHeaders = z.output<typeof headers>
export type WrittenMaintenance = z.output<typeof maintenance>
export type WrittenSendfile = z.output<typeof sendfile>
export type WrittenErrors = z.output<typeof errors>
export type WrittenRate = z.output<typeof rate>
export type WrittenCompress = z.output<typeof compress>
export type WrittenRewrite = z.output<typeof rewrite>
