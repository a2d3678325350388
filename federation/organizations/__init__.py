"""Whether two records speak of one organisation, or of one site: names, places, evidence.

Start in `matching.py`: it takes parties and gives links with their evidence. `clusters.py` says
which links stand together. Nothing here knows the store; `hub/sync/entities/linking.py` keeps what
it finds, and people's decisions overrule it.
"""
