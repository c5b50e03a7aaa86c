/* msa-test-option-row.h: a row of the option table, as tests see it
 *
 * The rows themselves are made from model/options.toml.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "msa-easy-private.h"

typedef enum
{
  REUSE_ALWAYS,      /* those that differ in it share */
  REUSE_NEVER,       /* they do not */
  REUSE_TAKES_NONE,  /* one that has it takes no connection that is there */
  REUSE_LEAVES_NONE, /* one that has it leaves none */
} Reuse;

typedef struct
{
  const char *name;
  gboolean is_property;
  Reuse reuse;
  const char *unseen; /* (nullable): why no scene shows it */
  gint64 minimum;     /* of a number */
  gint64 maximum;
  /* Sets the nth value that differs from the default. */
  void (*apply) (MsaEasy *easy,
                 guint n);
  void (*undo) (MsaEasy *easy);
  /* (nullable): what the value needs besides */
  void (*beside) (MsaEasy *easy);
  void (*append) (const MsaSettings *settings,
                  GString *text);
} OptionRow;

static inline int
nth_enum (GType type,
          int normal,
          guint n)
{
  g_autoptr (GEnumClass) enum_class = g_type_class_ref (type);

  for (guint i = 0; i < enum_class->n_values; i++)
    if (enum_class->values[i].value != normal && n-- == 0)
      return enum_class->values[i].value;

  g_assert_not_reached ();
}

static inline guint
nth_flags (GType type,
           guint normal,
           guint n)
{
  g_autoptr (GFlagsClass) flags_class = g_type_class_ref (type);

  return normal ^ flags_class->values[n].value;
}

static inline void
append_headers (GString *text,
                MsaHeaders *headers)
{
  for (guint i = 0; headers != NULL && i < msa_headers_get_length (headers); i++)
    {
      const char *value = NULL;
      const char *name = msa_headers_get_nth (headers, i, &value);

      g_string_append_printf (text, "%s: %s\n", name, value);
    }
}

static inline void
set_body (MsaEasy *easy)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("example", 7);

  msa_easy_set_body (easy, "text/plain", body);
}

#include "test-option-rows.h"

#define N_ROWS G_N_ELEMENTS (option_rows)

/* How many values the row has besides its default. */
static inline guint
count_values (const OptionRow *row)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (MSA_TYPE_EASY);
  GParamSpec *pspec = NULL;

  if (row->is_property)
    pspec = g_object_class_find_property (G_OBJECT_CLASS (klass), row->name);
  if (pspec != NULL && G_IS_PARAM_SPEC_ENUM (pspec))
    return G_PARAM_SPEC_ENUM (pspec)->enum_class->n_values - 1;
  if (pspec != NULL && G_IS_PARAM_SPEC_FLAGS (pspec))
    return G_PARAM_SPEC_FLAGS (pspec)->flags_class->n_values;

  return 1;
}
