# SPDX-License-Identifier: Apache-2.0
# Completion of blobstore for bash.

_blobstore() {
    local cur prev verb="" word i
    COMPREPLY=()
    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD - 1]}
    local verbs="cp mv cat ls du stat rm uploads presign tags mb rb version help"
    local options="-h --help -o --region --endpoint-url --path-style --no-sign-request --storage
        -q --quiet -v --verbose --json"
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
            cp | mv | cat | ls | du | stat | rm | uploads | presign | tags | mb | rb | version | help)
                verb=$word
                break
                ;;
        esac
    done
    case $prev in
        --method)
            mapfile -t COMPREPLY < <(compgen -W "GET PUT HEAD DELETE" -- "$cur")
            return
            ;;
        -o | --region | --endpoint-url | --storage | -j | --jobs | --include | --exclude | --range | \
            --expires | --at | --header | --query | --metadata | --tags | --storage-class | --content-type | \
            --content-encoding | --cache-control | --older-than)
            return
            ;;
    esac
    case $verb in
        "") options+=" $verbs" ;;
        cp | mv) options+=" -r --recursive --include --exclude -n --dry-run -j --jobs --content-type
            --content-encoding --cache-control --metadata --tags --storage-class
            --resume --if-absent --no-glob --progress" ;;
        cat) options+=" --range --no-glob" ;;
        stat) options+=" --no-glob" ;;
        ls) options+=" -r --recursive -H --human --versions --no-glob" ;;
        mb) options+=" --versions" ;;
        rm) options+=" -r --recursive -n --dry-run --stdin --no-glob" ;;
        du) options+=" -H --human --no-glob" ;;
        uploads)
            options+=" --older-than"
            if [[ $prev == uploads ]]; then
                mapfile -t COMPREPLY < <(compgen -W "ls abort" -- "$cur")
                return
            fi
            ;;
        tags)
            if [[ $prev == tags ]]; then
                mapfile -t COMPREPLY < <(compgen -W "get set" -- "$cur")
                return
            fi
            ;;
        presign) options+=" --method --expires --at --header --query" ;;
        help) options=$verbs ;;
    esac
    if [[ $cur == -* || -z $verb || $verb == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$cur"
            compgen -W "s3:// file:// memory://" -- "$cur")
        compopt -o filenames -o nospace 2>/dev/null
    fi
}
complete -F _blobstore blobstore
