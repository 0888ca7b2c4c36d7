# SPDX-License-Identifier: Apache-2.0
# Completion of blobstore for fish.

set -l verbs cp mv cat ls du stat rm uploads presign version help
set -l none "not __fish_seen_subcommand_from $verbs"

complete -c blobstore -n $none -f -a cp -d 'Copy to, from or between stores'
complete -c blobstore -n $none -f -a mv -d 'Move to, from or between stores'
complete -c blobstore -n $none -f -a cat -d 'Write objects to standard output'
complete -c blobstore -n $none -f -a ls -d 'List objects'
complete -c blobstore -n $none -f -a du -d 'Add up the sizes of objects'
complete -c blobstore -n $none -f -a uploads -d 'List or abort uploads that were not ended'
complete -c blobstore -n $none -f -a stat -d 'Print what is known of objects'
complete -c blobstore -n $none -f -a rm -d 'Remove objects'
complete -c blobstore -n $none -f -a presign -d 'Print a link that works without credentials'
complete -c blobstore -n $none -f -a version -d 'Print the version'
complete -c blobstore -n $none -f -a help -d 'Print the help of a verb'
complete -c blobstore -n '__fish_seen_subcommand_from help' -f -a "$verbs"

complete -c blobstore -s h -l help -d 'Print help'
complete -c blobstore -s o -x -d 'A setting of the library, KEY=VALUE'
complete -c blobstore -l region -x -d 'The region of the service'
complete -c blobstore -l endpoint-url -x -d 'The URL of the service'
complete -c blobstore -l path-style -d 'The bucket goes in the path'
complete -c blobstore -l no-sign-request -d 'Send requests without credentials'
complete -c blobstore -l storage -x -d 'A store URL whose options hold for its scheme and authority'
complete -c blobstore -s q -l quiet -d 'Print errors only'
complete -c blobstore -s v -l verbose -d 'Print each item'
complete -c blobstore -l json -d 'Print one JSON object per line'

complete -c blobstore -n '__fish_seen_subcommand_from cp mv ls rm' -s r -l recursive -d 'All levels'
complete -c blobstore -n '__fish_seen_subcommand_from cp mv rm' -s n -l dry-run -d 'Only print'
complete -c blobstore -n '__fish_seen_subcommand_from cp mv' -l include -x -d 'Take what this glob fits'
complete -c blobstore -n '__fish_seen_subcommand_from cp mv' -l exclude -x -d 'Leave out what this glob fits'
complete -c blobstore -n '__fish_seen_subcommand_from cp mv' -s j -l jobs -x -d 'So many items at a time'
complete -c blobstore -n '__fish_seen_subcommand_from cp mv' -l content-type -x -d 'For uploads'
complete -c blobstore -n '__fish_seen_subcommand_from cp mv' -l content-encoding -x -d 'For uploads'
complete -c blobstore -n '__fish_seen_subcommand_from cp mv' -l cache-control -x -d 'For uploads'
complete -c blobstore -n '__fish_seen_subcommand_from cp mv' -l metadata -x -d 'NAME=VALUE, for uploads'
complete -c blobstore -n '__fish_seen_subcommand_from cat' -l range -x -d 'Bytes A-B, A- or -N'
complete -c blobstore -n '__fish_seen_subcommand_from rm' -l stdin -d 'URLs come from standard input'
complete -c blobstore -n '__fish_seen_subcommand_from ls du' -s H -l human -d 'Sizes such as 1.4 MiB'
complete -c blobstore -n '__fish_seen_subcommand_from uploads' -f -a 'ls abort'
complete -c blobstore -n '__fish_seen_subcommand_from uploads' -l older-than -x -d 'Such as 7d'
complete -c blobstore -n '__fish_seen_subcommand_from presign' -l method -x -a 'GET PUT HEAD DELETE'
complete -c blobstore -n '__fish_seen_subcommand_from presign' -l expires -x -d 'Seconds, or such as 15m'
complete -c blobstore -n '__fish_seen_subcommand_from presign' -l at -x -d 'Sign as of this time'
complete -c blobstore -n '__fish_seen_subcommand_from presign' -l header -x -d 'NAME:VALUE'
complete -c blobstore -n '__fish_seen_subcommand_from presign' -l query -x -d 'NAME=VALUE'
