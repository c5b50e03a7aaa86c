/* msa-test-rows.h: a test for each row of a table
 *
 * Rows have a member `name`, which ends the path; @folder is a literal. The test is given the row,
 * or its number; in a world it is the member row.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* @add: an expression, of path_ and i_. */
#define MSA_TEST_FOR_ROWS(folder, rows, add) \
  G_STMT_START \
  { \
    for (gsize i_ = 0; i_ < G_N_ELEMENTS (rows); i_++) \
      { \
        g_autofree char *path_ = g_strconcat (folder "/", (rows)[i_].name, NULL); \
\
        add; \
      } \
  } \
  G_STMT_END

#define MSA_TEST_ADD_ROWS(folder, rows, func) \
  MSA_TEST_FOR_ROWS (folder, rows, g_test_add_data_func (path_, &(rows)[i_], func))
#define MSA_TEST_ADD_NUMBERED(folder, rows, func) \
  MSA_TEST_FOR_ROWS (folder, rows, g_test_add_data_func (path_, GSIZE_TO_POINTER (i_), func))
#define MSA_TEST_WORLD_ADD_ROWS(folder, rows, func) \
  MSA_TEST_FOR_ROWS (folder, rows, msa_test_world_add_row_test (path_, func, &(rows)[i_]))
#define MSA_TEST_WORLD_ADD_NUMBERED(folder, rows, func) \
  MSA_TEST_FOR_ROWS (folder, rows, \
                     msa_test_world_add_row_test (path_, func, GSIZE_TO_POINTER (i_)))
/* With the file's own Fixture, setup() and teardown(). */
#define MSA_TEST_FIXTURE_ADD_NUMBERED(folder, rows, func) \
  MSA_TEST_FOR_ROWS (folder, rows, \
                     g_test_add (path_, Fixture, GSIZE_TO_POINTER (i_), setup, func, teardown))
